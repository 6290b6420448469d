import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TlsIdentity } from './xmpp/encryption.ts';

/** The server's end of a connection that begins with TLS and goes on with HTTP; it takes the TCP connection with it. */
export function securedForHttp(
  socket: Socket,
  identity: TlsIdentity,
  { asksForCertificate = false, takesAnyProtocol = false, protocols = ['http/1.1'] } = {},
): TLSSocket {
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext: identity.context(),
    ...(asksForCertificate ? { requestCert: true, rejectUnauthorized: false } : {}),
    // One that takes any speaks it as little as before: a fault.
    ...(takesAnyProtocol ? { ALPNCallback: firstOf } : { ALPNProtocols: protocols }),
  });
  secure.on('error', () => socket.destroy());
  // What goes wrong after the handshake Node.js tells as an error only where the socket is one of a server of its own.
  secure.on('_tlsError', () => socket.destroy());
  secure.once('close', () => socket.destroy());
  return secure;
}

function firstOf({ protocols }: { protocols: string[] }): string | undefined {
  return protocols[0];
}
