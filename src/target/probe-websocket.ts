import { randomBytes } from 'node:crypto';
import { request as requestPlain } from 'node:http';
import { request as requestSecured } from 'node:https';
import { isIP } from 'node:net';
import { dial, type TlsOptions } from '../websocket/dial.ts';
import { dialHttp2 } from '../websocket/http2/dial-http2.ts';
import type { CapabilityName } from './capabilities.ts';
import type { Endpoint } from './running-target.ts';

/** Shakes hands with a WebSocket server and sees which extension it takes up. Rejects when it does not switch. */
export function probeWebSocket(
  endpoint: Endpoint,
  { ca, domain }: { ca?: string | undefined; domain: string },
  signal: AbortSignal,
): Promise<CapabilityName[]> {
  const options = {
    host: endpoint.host,
    port: endpoint.port,
    path: endpoint.path ?? '/',
    signal,
    agent: false,
    headers: {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
    },
  };
  // A name that is asked for by SNI is never an address (RFC 6066 section 3).
  const trust = {
    ...(isIP(domain) === 0 ? { servername: domain } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
  return new Promise((resolve, reject) => {
    const request =
      endpoint.tls === 'direct' ? requestSecured({ ...options, ...trust }) : requestPlain(options);
    request.once('upgrade', (response, socket) => {
      socket.on('error', () => {});
      socket.destroy();
      const extensions = String(response.headers['sec-websocket-extensions'] ?? '');
      resolve(/(^|,)\s*permessage-deflate\b/.test(extensions) ? ['permessage-deflate'] : []);
    });
    request.once('response', (response) => {
      response.destroy();
      reject(new Error(`it answered ${response.statusCode}`));
    });
    request.once('error', reject);
    request.end();
  });
}

/** Whether a TLS handshake with these options succeeds. */
export async function canSecure(
  { host, port }: Endpoint,
  { ca, domain }: { ca?: string | undefined; domain: string },
  { tls, signal }: { tls: TlsOptions; signal: AbortSignal },
): Promise<boolean> {
  const options = { host, port, tls: { servername: domain, ...(ca === undefined ? {} : { ca }), ...tls } };
  const { tcp, top } = await dial(options, signal);
  top.destroy();
  tcp.destroy();
  return true;
}

/** Whether the server selects h2 by ALPN, and announces the extended CONNECT (RFC 8441 section 3). */
export async function announcesConnectProtocol(
  { host, port }: Endpoint,
  { ca, domain }: { ca?: string | undefined; domain: string },
  signal: AbortSignal,
): Promise<boolean> {
  const tls = { servername: domain, ...(ca === undefined ? {} : { ca }) };
  const { session } = await dialHttp2({ host, port, tls }, signal);
  const announced = session.peer.get('ENABLE_CONNECT_PROTOCOL') === 1;
  session.goAway();
  session.destroy();
  return announced;
}
