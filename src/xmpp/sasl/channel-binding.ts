import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

export type ChannelBindingType = 'tls-exporter' | 'tls-unique' | 'tls-server-end-point';

/** What ties SASL to the TLS connection below it: a type and the octets both ends see (RFC 5056). */
export interface ChannelBinding {
  type: string;
  data: Buffer;
}

/** Thrown where a connection has no such channel binding. */
export class ChannelBindingError extends Error {
  override readonly name = 'ChannelBindingError';
}

/** The channel binding of a client's TLS connection. Throws ChannelBindingError. */
export function channelBindingOf(socket: TLSSocket, type: ChannelBindingType): ChannelBinding {
  if (type === 'tls-exporter') return { type, data: tlsExporter(socket) };
  if (type === 'tls-unique') return { type, data: tlsUnique(socket, 'client') };
  // Not getPeerX509Certificate: in Node.js 20 each call takes one certificate off the chain.
  const { raw } = socket.getPeerCertificate();
  if (!raw) throw new ChannelBindingError('The server showed no certificate to bind to');
  return { type, data: tlsServerEndPoint(raw) };
}

/** The octets of `tls-exporter` (RFC 9266 section 2); the same at both ends of the connection. */
export function tlsExporter(socket: TLSSocket): Buffer {
  return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
}

/**
 * The octets of `tls-unique` (RFC 5929 section 3), before TLS 1.3 only: the first Finished message of the handshake, which
 * the client sends in a full one, the server in one that resumes a session. Throws ChannelBindingError.
 */
export function tlsUnique(socket: TLSSocket, side: 'client' | 'server'): Buffer {
  const own = socket.isSessionReused() === (side === 'server');
  const finished = own ? socket.getFinished() : socket.getPeerFinished();
  if (socket.getProtocol() === 'TLSv1.3' || !finished)
    throw new ChannelBindingError('tls-unique is not defined for this connection');
  return finished;
}

/**
 * The octets of `tls-server-end-point` (RFC 5929 section 4): the server's certificate (DER) under the hash function
 * of its signature, or under SHA-256 where that is MD5 or SHA-1. Throws ChannelBindingError where none is defined.
 */
export function tlsServerEndPoint(certificate: Buffer): Buffer {
  return createHash(signatureHash(certificate)).update(certificate).digest();
}

const hashes: Record<string, string> = {
  // RSASSA-PKCS1-v1_5 with MD5, SHA-1, SHA-256, SHA-384, SHA-512, SHA-224
  '2a864886f70d010104': 'sha256',
  '2a864886f70d010105': 'sha256',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a864886f70d01010e': 'sha224',
  // ECDSA with SHA-1, SHA-224, SHA-256, SHA-384, SHA-512
  '2a8648ce3d0401': 'sha256',
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  // SHA-1, SHA-256, SHA-384, SHA-512 as parameters of RSASSA-PSS
  '2b0e03021a': 'sha256',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};

const pss = '2a864886f70d01010a';

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER, parameters }, ... } */
function signatureHash(certificate: Buffer): string {
  const body = readValue(certificate, 0).content;
  const toBeSigned = readValue(body, 0);
  const algorithm = readValue(body, toBeSigned.end).content;
  const identifier = readValue(algorithm, 0);
  const name = identifier.content.toString('hex');
  const hash = name === pss ? pssHash(algorithm.subarray(identifier.end)) : hashes[name];
  if (hash !== undefined) return hash;
  throw new ChannelBindingError(
    'tls-server-end-point is not defined for this certificate: its signature algorithm names no single hash function',
  );
}

/** RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm SEQUENCE { OBJECT IDENTIFIER ... } DEFAULT sha1, ... } */
function pssHash(parameters: Buffer): string | undefined {
  const first = readValue(readValue(parameters, 0).content, 0);
  if (first.tag !== 0xa0) return 'sha256';
  return hashes[readValue(readValue(first.content, 0).content, 0).content.toString('hex')];
}

/** One DER value: its tag, its content, and where the next one begins. */
function readValue(bytes: Buffer, at: number): { tag: number; content: Buffer; end: number } {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined)
    return { tag: 0, content: Buffer.alloc(0), end: bytes.length };
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
  if (lengthOctets > 4) throw new ChannelBindingError('The certificate of the server is not DER');
  const start = at + 2 + lengthOctets;
  const length =
    lengthOctets === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, octet) => sum * 256 + octet, 0);
  return { tag, content: bytes.subarray(start, start + length), end: start + length };
}
