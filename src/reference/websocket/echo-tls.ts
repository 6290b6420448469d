import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { securedForHttp } from '../secured-for-http.ts';
import type { Ground } from '../service.ts';

export interface TlsServing {
  ground: Ground;
  /** Gets the connection when its TLS handshake is over. */
  serve(secure: TLSSocket): void;
  endServer(): void;
}

/** The server's end of a connection to the port for TLS. */
export function serveUnderTls(socket: Socket, { ground, serve, endServer }: TlsServing): void {
  const active = (name: string) => ground.faults.active(name);
  const secure = securedForHttp(socket, ground.identity, {
    takesAnyProtocol: active('alpn-selects-anything'),
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
