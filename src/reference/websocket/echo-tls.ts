import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { securedForHttp } from '../secured-for-http.ts';
import type { Ground } from '../service.ts';
import { type Http2Serving, serveHttp2 } from './echo-http2.ts';

export interface TlsServing {
  ground: Ground;
  /** Gets the connection when its TLS handshake is over. */
  serve(secure: TLSSocket): void;
  endServer(): void;
  /** Gets a stream of HTTP/2 on which a WebSocket is open. */
  serveStream: Http2Serving['serve'];
}

/** The server's end of a connection to the port for TLS. */
export function serveUnderTls(socket: Socket, { ground, serve, endServer, serveStream }: TlsServing): void {
  const active = (name: string) => ground.faults.active(name);
  const secure = securedForHttp(socket, ground.identity, {
    takesAnyProtocol: active('alpn-selects-anything'),
    protocols: ['h2', 'http/1.1'],
  });
  let hasEnded = false;
  secure.once('end', () => {
    hasEnded = true;
  });
  socket.once('close', () => {
    if (!hasEnded && active('cut-tls-ends-the-server')) endServer();
  });
  secure.once('secure', () => {
    if (isRefused(secure, ground)) secure.destroy();
    else if (isUnanswered(secure, ground)) secure.resume();
    else if (secure.alpnProtocol === 'h2') serveHttp2(secure, { ground, serve: serveStream, endServer });
    else serve(secure);
  });
}

/** Only with a fault on. */
function isRefused(secure: TLSSocket, { faults }: Ground): boolean {
  return (
    (faults.active('alpn-is-needed') && !secure.alpnProtocol) ||
    (faults.active('resumed-tls-is-refused') && secure.isSessionReused()) ||
    (faults.active('tls-with-a-name-is-refused') && nameOf(secure) !== undefined) ||
    faults.active('tls-of-every-version-is-refused')
  );
}

/** Only with a fault on. */
function isUnanswered(secure: TLSSocket, { faults, domain }: Ground): boolean {
  return faults.active('nameless-tls-stays-silent') && nameOf(secure) !== domain;
}

/** The name that the client asked for by SNI. */
function nameOf(secure: TLSSocket): string | undefined {
  const name: unknown = Reflect.get(secure, 'servername');
  return typeof name === 'string' && name !== '' ? name : undefined;
}
