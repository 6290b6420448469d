import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { reasonOf } from '../tls/tls.ts';
import { TargetStartError } from './errors.ts';
import type { Endpoint } from './running-target.ts';

export interface Greeting {
  /** The XMPP domain, also the name that TLS asks for. */
  domain: string | undefined;
  ca: string | undefined;
  signal: AbortSignal;
}

/** Between two attempts, in milliseconds. */
const pauses = { first: 15, longest: 250 };
/** A connection that says nothing is given up for a new one. */
const silence = 2000;

/**
 * Waits until the server behind the endpoint speaks its protocol: a stream header, or an HTTP response that
 * switches to WebSocket. Tries again until the signal aborts; then throws `TargetStartError` with the last reason.
 */
export async function waitForAnswer(endpoint: Endpoint, greeting: Greeting): Promise<void> {
  let reason = 'nothing was tried';
  for (let pause = pauses.first; !greeting.signal.aborted; pause = Math.min(pause * 1.5, pauses.longest)) {
    try {
      await answerOf(endpoint, greeting);
      return;
    } catch (error) {
      if (!greeting.signal.aborted) reason = error instanceof Error ? reasonOf(error) : String(error);
    }
    await aborted(greeting.signal, pause);
  }
  throw new TargetStartError(
    `${endpoint.kind} at ${endpoint.host}:${endpoint.port} gave no answer: ${reason}`,
  );
}

/** One attempt. Throws what came instead of an answer. */
async function answerOf(endpoint: Endpoint, { domain, ca, signal }: Greeting): Promise<void> {
  const socket = open(endpoint, domain, ca);
  const isXmpp = endpoint.kind === 'xmpp' || endpoint.kind === 'xmpp-tls';
  let came = '';
  await new Promise<void>((resolve, reject) => {
    const give = (error: Error) => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      reject(error);
    };
    const abort = () => give(new Error('time is over'));
    socket.setTimeout(silence, () => give(new Error('the connection stays silent')));
    signal.addEventListener('abort', abort);
    socket.once(endpoint.tls === 'direct' ? 'secureConnect' : 'connect', () => {
      socket.write(isXmpp ? streamHeader(domain ?? '') : upgradeRequest(endpoint));
    });
    socket.on('data', (chunk) => {
      came = (came + chunk.toString('latin1')).slice(0, 4096);
      const verdict = isXmpp ? isStreamHeader(came) : isUpgraded(came);
      if (verdict === undefined) return;
      if (verdict !== '') return give(new Error(verdict));
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve();
    });
    socket.on('error', give);
    socket.on('close', () => give(new Error('the connection was closed without an answer')));
  });
}

function open(endpoint: Endpoint, domain: string | undefined, ca: string | undefined): Socket {
  const { host, port } = endpoint;
  if (endpoint.tls !== 'direct') return connectTcp({ host, port });
  const trust = ca === undefined ? {} : { ca };
  // A name that is asked for by SNI is never an address (RFC 6066 section 3).
  const named = domain === undefined || isIP(domain) !== 0 ? {} : { servername: domain };
  return connectTls({ host, port, ...named, ...trust });
}

function streamHeader(domain: string): string {
  return `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
}

function upgradeRequest({ kind, host, port, path }: Endpoint): string {
  const lines = [
    `GET ${path ?? '/'} HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dG91Y2hzdG9uZSBhc2tzIQ==',
  ];
  if (kind.startsWith('xmpp')) lines.push('Sec-WebSocket-Protocol: xmpp');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Empty when the answer is there, `undefined` while it is not, else what is wrong with what came. */
function isStreamHeader(came: string): string | undefined {
  if (/<(\w+:)?stream[\s>]/.test(came)) return '';
  return /^\s*(<|$)/.test(came) ? undefined : `it answered with ${JSON.stringify(came.slice(0, 60))}`;
}

function isUpgraded(came: string): string | undefined {
  const end = came.indexOf('\r\n');
  if (end < 0) return undefined;
  const status = came.slice(0, end);
  return /^HTTP\/1\.1 101/.test(status) ? '' : `it answered ${JSON.stringify(status.slice(0, 60))}`;
}

/** Resolves after so many milliseconds, or as soon as the signal aborts. */
export function aborted(signal: AbortSignal, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
