import { createHash, X509Certificate } from 'node:crypto';
import type { SecureContext, TLSSocket } from 'node:tls';
import { tlsUnique } from '../../xmpp/sasl/channel-binding.ts';

/** What the server shows of itself in a TLS handshake. */
export interface TlsIdentity {
  /** PEM of the authority that the certificates lead to. */
  readonly ca: string;
  /** Certificate, key and versions; asked at each handshake, since faults can change it. */
  context(): SecureContext;
  /** The hash of the server's certificate, for the channel binding tls-server-end-point (RFC 5929 section 4.1). */
  readonly endPoint: Buffer;
}

/** The hash that tls-server-end-point takes of a certificate signed with SHA-256. */
export function endPointHash(certificate: string): Buffer {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest();
}

/** The facts of a TLS connection that authentication builds on. */
export class Encryption {
  readonly #socket: TLSSocket;
  readonly #identity: TlsIdentity;

  constructor(socket: TLSSocket, identity: TlsIdentity) {
    this.#socket = socket;
    this.#identity = identity;
  }

  /** Channel-binding data by the types that this connection offers (RFC 5929, RFC 9266). */
  channelBinding(type: string): Buffer | undefined {
    if (!this.channelBindingTypes.includes(type)) return undefined;
    if (type === 'tls-server-end-point') return this.#identity.endPoint;
    if (type === 'tls-unique') return tlsUnique(this.#socket, 'server');
    return this.#socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
  }

  get channelBindingTypes(): string[] {
    // RFC 9266 section 3: below TLS 1.3 the exporter needs an extension whose use can't be seen here.
    const exporter = this.#socket.getProtocol() === 'TLSv1.3' ? ['tls-exporter'] : ['tls-unique'];
    return [...exporter, 'tls-server-end-point'];
  }

  /** What the client showed, whether or not it holds. */
  get clientCertificate(): X509Certificate | undefined {
    return this.#socket.getPeerX509Certificate();
  }
}
