import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TlsIdentity } from './xmpp/encryption.ts';

/** The server's end of a connection that begins with TLS and goes on with HTTP; it takes the TCP connection with it. */
export function securedForHttp(
  socket: Socket,
  identity: TlsIdentity,
  { asksForCertificate = false } = {},
): TLSSocket {
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext: identity.context(),
    ...(asksForCertificate ? { requestCert: true, rejectUnauthorized: false } : {}),
    ALPNProtocols: ['http/1.1'],
  });
  secure.on('error', () => socket.destroy());
  secure.once('close', () => socket.destroy());
  return secure;
}
