import { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type SecureVersion,
  type TLSSocket,
} from 'node:tls';
import { keyOf, signatureOf } from './certificate-facts.ts';

export interface TlsOptions {
  /** PEM of the certificates that the server's must lead to; default: those that Node.js trusts. */
  ca?: string | string[];
  /** The name that the certificate must be for, and that is sent as SNI unless it is an IP address. */
  servername?: string;
  /** The name that is sent as SNI instead; false: none. */
  sni?: string | false;
  /** Protocols offered by ALPN; an empty list offers none. */
  alpn?: string[];
  minVersion?: SecureVersion;
  maxVersion?: SecureVersion;
  /** PEM of a client certificate with its chain, and of its key, for SASL EXTERNAL. */
  certificate?: string;
  key?: string;
  /** That of an earlier connection, to be resumed; see `TLSSocket`'s event `session`. */
  session?: Buffer;
}

/** What is known of a TLS connection once its handshake is over. */
export interface TlsFacts {
  /** Such as `TLSv1.3`. */
  version: string;
  /** The name of the cipher suite in the TLS standard. */
  cipher: string;
  /** The protocol that the server chose; `undefined` for none. */
  alpn: string | undefined;
  /** Whether the server went on with the session of an earlier connection. */
  resumed: boolean;
  /** Whether the certificate of the server is trusted and for the name wanted. */
  authorized: boolean;
  /** Why it is not, such as `ERR_TLS_CERT_ALTNAME_INVALID` or `CERT_HAS_EXPIRED`. */
  reason: string | undefined;
  /** The server's certificate, read when it is asked for: it takes a millisecond, and few ask. */
  certificate(): CertificateFacts | undefined;
}

/** What a transcript says of a handshake that is done: `TLS from here on: TLSv1.3, TLS_AES_128_GCM_SHA256`. */
export function describeTls({ version, cipher, resumed }: TlsFacts): string {
  return `TLS from here on: ${version}, ${cipher}${resumed ? ', an earlier session goes on' : ''}`;
}

export interface CertificateFacts {
  subject: string;
  issuer: string;
  /** The names it is for, as Node.js writes them: `DNS:example.org, IP Address:127.0.0.1`. */
  names: string;
  validFrom: string;
  validTo: string;
  /** Whether it is marked as that of an authority. */
  authority: boolean;
  /** The hash function and the kind of key that it is signed with, such as `sha256 RSA`; the identifier of others. */
  signature: string;
  /** The kind of the key and its size, such as `RSA 2048` or `EC 256`. */
  key: string;
  /** Where its status can be asked for (OCSP). */
  status: string | undefined;
  /** SHA-256, in hexadecimal with colons. */
  fingerprint: string;
}

/** The server's certificate was not accepted; nothing was sent over the connection. */
export class TlsVerificationError extends Error {
  override readonly name = 'TlsVerificationError';
  readonly facts: TlsFacts;

  constructor(facts: TlsFacts, servername: string) {
    const certificate = facts.certificate();
    super(
      `The TLS certificate of the server is not accepted for ${servername}: ${facts.reason}` +
        (certificate ? ` (it is for ${certificate.names || certificate.subject})` : ''),
    );
    this.facts = facts;
  }
}

/** There is no TLS between the two ends; `code` is that of the system or of OpenSSL. */
export class TlsHandshakeError extends Error {
  override readonly name = 'TlsHandshakeError';
  readonly code: string | undefined;
  /** The alert that the server refused with, such as `no_application_protocol`; absent: none came. */
  readonly alert: string | undefined;

  constructor(cause: Error) {
    super(`The TLS handshake failed: ${reasonOf(cause)}`, { cause });
    this.code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
    this.alert = alertOf(cause);
  }
}

/** The part for people of an error of a TLS socket: OpenSSL's own message holds addresses in memory. */
export function reasonOf(error: Error): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
  return 'code' in error && isNoTls(error.code) ? `what came is no TLS (${reason})` : reason;
}

/** Whether what the other end sent was no TLS at all, as by the code of an error of a TLS socket. */
export function isNoTls(code: unknown): boolean {
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
}

/** The name of the alert (RFC 8446 section 6) that an error of a TLS socket tells of. */
export function alertOf(error: Error): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_)?(\w+)$/.exec(code)?.[1]?.toLowerCase();
}

const contexts = new Map<string, SecureContext>();
/** Client certificates make contexts of their own; so many are kept at the most. */
const mostContexts = 50;

/** Reading certificates into a context takes longer than the rest of a connection, so contexts are shared. */
function contextFor(
  options: { [key in keyof SecureContextOptions]: SecureContextOptions[key] | undefined },
): SecureContext {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const key = JSON.stringify(given);
  const known = contexts.get(key);
  if (known) return known;
  const context = createSecureContext(given);
  if (contexts.size >= mostContexts) contexts.clear();
  contexts.set(key, context);
  return context;
}

/** Begins TLS on a connected socket. The handshake is still to come; see `finishHandshake`. */
export function startHandshake(socket: Socket, options: TlsOptions, host: string): TLSSocket {
  const { ca, alpn, minVersion, maxVersion, certificate, key, session } = options;
  const name = options.servername ?? host;
  const { sni = name } = options;
  const old = [minVersion, maxVersion].some((version) => version === 'TLSv1' || version === 'TLSv1.1');
  const settings: ConnectionOptions = {
    socket,
    host: name,
    // An empty name is none. An address must not be sent (RFC 6066 section 3).
    servername: sni !== false && isIP(sni) === 0 ? sni : '',
    ...(sni !== false &&
      sni !== name && { checkServerIdentity: (_host, shown) => checkServerIdentity(name, shown) }),
    ...(session && { session }),
    secureContext: contextFor({
      ca,
      minVersion,
      maxVersion,
      cert: certificate,
      key,
      // OpenSSL offers the versions before 1.2 only below its usual level of security.
      ciphers: old ? 'DEFAULT@SECLEVEL=0' : undefined,
    }),
    ...(alpn && alpn.length > 0 && { ALPNProtocols: alpn }),
    // Node would throw away the connection and the facts with it. finishHandshake refuses what it would refuse.
    rejectUnauthorized: false,
  };
  const secured = connect(settings);
  // Node judges the name by the whole chain, read certificate by certificate: a fifth of the handshake's time.
  const getPeerCertificate = secured.getPeerCertificate.bind(secured);
  return Object.assign(secured, { getPeerCertificate: () => getPeerCertificate(false) });
}

/**
 * Resolves with the facts when the handshake is over, whether or not the certificate is accepted. Rejects with
 * TlsHandshakeError.
 */
export function finishHandshake(socket: TLSSocket): Promise<TlsFacts> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      socket.off('secureConnect', onSecure).off('error', onError).off('close', onClose);
      act();
    };
    const onSecure = () =>
      settle(() => {
        try {
          resolve(factsOf(socket));
        } catch (error) {
          // OpenSSL may accept a certificate that Node.js cannot read.
          reject(new TlsHandshakeError(error instanceof Error ? error : new Error(String(error))));
        }
      });
    const onError = (error: Error) => settle(() => reject(new TlsHandshakeError(error)));
    const onClose = () =>
      settle(() => reject(new TlsHandshakeError(new Error('the connection ended during it'))));
    socket.on('secureConnect', onSecure).on('error', onError).on('close', onClose);
  });
}

function factsOf(socket: TLSSocket): TlsFacts {
  // One that is not accepted ends its connection, and nobody can ask any more.
  const refused = socket.authorized ? undefined : certificateOf(socket);
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    resumed: socket.isSessionReused(),
    authorized: socket.authorized,
    // The types say that it is an Error; in truth it is the code of one.
    reason: socket.authorized ? undefined : String(socket.authorizationError),
    certificate: () => refused ?? certificateOf(socket),
  };
}

function certificateOf(socket: TLSSocket): CertificateFacts | undefined {
  // Not getPeerX509Certificate: in Node.js 20 each call takes one certificate off the chain.
  const { raw } = socket.getPeerCertificate();
  if (!raw) return undefined;
  const certificate = new X509Certificate(raw);
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    names: certificate.subjectAltName ?? '',
    validFrom: certificate.validFrom,
    validTo: certificate.validTo,
    authority: certificate.ca,
    signature: signatureOf(raw),
    key: keyOf(certificate),
    status: /^OCSP - URI:(.+)$/m.exec(certificate.infoAccess ?? '')?.[1],
    fingerprint: certificate.fingerprint256,
  };
}
