import { X509Certificate } from 'node:crypto';
import { type ConnectionOptions, TLSSocket } from 'node:tls';
import type { TlsFacts, TlsWish } from './messaging-client.ts';

/** What Node.js wants to hear of a wish about TLS. Versions that are not to be used any more need ciphers of their time. */
export function tlsOptions(wish: TlsWish | undefined): ConnectionOptions {
  if (wish === undefined || wish === 'none') return {};
  const { minimum, maximum } = wish;
  const old = maximum === 'TLSv1' || maximum === 'TLSv1.1';
  return {
    ...(old ? { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } : {}),
    ...(minimum === undefined ? {} : { minVersion: minimum }),
    ...(maximum === undefined ? {} : { maxVersion: maximum }),
  };
}

/** What TLS agreed upon on that socket; undefined where it carries none. */
export function tlsFacts(socket: unknown): TlsFacts | undefined {
  if (!(socket instanceof TLSSocket) || socket.destroyed) return undefined;
  // Not getPeerX509Certificate: in Node.js 20 each call takes one certificate off the chain.
  const { raw } = socket.getPeerCertificate();
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    names: raw ? (new X509Certificate(raw).subjectAltName ?? '') : '',
  };
}
