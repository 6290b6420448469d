import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { saslprep } from './saslprep.ts';

/**
 * SCRAM (RFC 5802, RFC 7677): the computations and messages of both halves. Nothing here holds state or decides
 * whether a message is sent; each value can be replaced, since wrong ones must be sendable.
 */

/** The hash functions that SCRAM is used with, by their names in SASL, and in node:crypto. */
export const scramHashes = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' } as const;

export type ScramHash = keyof typeof scramHashes;

/** More rounds than that are refused: a hostile server would keep this machine busy. */
export const mostIterations = 1_000_000;

/** A message that breaks RFC 5802; `serverError` is the word for it in a server-final-message (section 7). */
export class ScramError extends Error {
  override readonly name = 'ScramError';
  readonly serverError: string;

  constructor(message: string, serverError = 'other-error') {
    super(message);
    this.serverError = serverError;
  }
}

/** What follows from a password (RFC 5802 section 3). A server keeps `storedKey` and `serverKey` only. */
export interface ScramKeys {
  clientKey: Buffer;
  storedKey: Buffer;
  serverKey: Buffer;
}

const deriveKey = promisify(pbkdf2);

/** Derives the keys in the thread pool. The password is prepared with SASLprep where SASLprep allows it. */
export async function scramKeys(
  hash: ScramHash,
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<ScramKeys> {
  const digest = scramHashes[hash];
  const length = createHash(digest).digest().length;
  const salted = await deriveKey(preparedOrRaw(password), salt, iterations, length, digest);
  const clientKey = hmac(hash, salted, 'Client Key');
  return { clientKey, storedKey: digestOf(hash, clientKey), serverKey: hmac(hash, salted, 'Server Key') };
}

/** A conformance tester must be able to send what SASLprep forbids, so that it is not refused here. */
function preparedOrRaw(text: string): string {
  try {
    return saslprep(text);
  } catch {
    return text;
  }
}

export interface ClientFirst {
  /** Channel-binding flag and authorization identity, with the comma at its end. */
  gs2Header: string;
  /** The message without the GS2 header. */
  bare: string;
  nonce: string;
  /** The whole message. */
  text: string;
}

export interface ClientFirstParts {
  username: string;
  authzid?: string | undefined;
  /** Name of the channel binding, or what to say of having none: `n` cannot, `y` could but the server does not. */
  channelBinding?: 'n' | 'y' | { type: string };
  nonce?: string;
  /** The user name goes out as it is, without SASLprep. */
  unprepared?: boolean;
  /** Instead of the header that follows from the above; with its last comma. */
  gs2Header?: string;
  /** A mandatory extension (`m=...`), which every server must refuse. */
  mandatoryExtension?: string;
  /** Attributes after the nonce, such as `x=1,y=2`. */
  extensions?: string;
}

export function clientFirst(parts: ClientFirstParts): ClientFirst {
  const { channelBinding = 'n', nonce = randomNonce() } = parts;
  const flag = typeof channelBinding === 'string' ? channelBinding : `p=${channelBinding.type}`;
  const authzid = parts.authzid === undefined ? '' : `a=${escapeName(parts.authzid)}`;
  const gs2Header = parts.gs2Header ?? `${flag},${authzid},`;
  const mandatory = parts.mandatoryExtension === undefined ? '' : `m=${parts.mandatoryExtension},`;
  const extensions = parts.extensions === undefined ? '' : `,${parts.extensions}`;
  const username = parts.unprepared ? parts.username : preparedOrRaw(parts.username);
  const bare = `${mandatory}n=${escapeName(username)},r=${nonce}${extensions}`;
  return { gs2Header, bare, nonce, text: gs2Header + bare };
}

export interface ParsedClientFirst extends ClientFirst {
  username: string;
  authzid: string | undefined;
  channelBinding: 'n' | 'y' | { type: string };
}

/** Reads a client-first-message. Throws ScramError. */
export function parseClientFirst(text: string): ParsedClientFirst {
  const header = /^(?:p=([A-Za-z0-9.-]+)|([ny])),(?:a=([^,]+))?,/.exec(text);
  if (!header)
    throw new ScramError('The client-first-message does not begin with a GS2 header', 'invalid-encoding');
  const [gs2Header, type, flag, authzid] = header;
  const bare = text.slice(gs2Header.length);
  if (bare.startsWith('m=')) {
    throw new ScramError('The client asks for an extension that is mandatory', 'extensions-not-supported');
  }
  const found = /^n=([^,]+),r=([!-+\--~]+)(?:,[A-Za-z]=[^,]+)*$/.exec(bare);
  if (!found) throw new ScramError('The client-first-message has no username and nonce', 'invalid-encoding');
  const [, username = '', nonce = ''] = found;
  return {
    gs2Header,
    bare,
    nonce,
    text,
    username: unescapeName(username),
    authzid: authzid === undefined ? undefined : unescapeName(authzid),
    channelBinding: type === undefined ? (flag === 'y' ? 'y' : 'n') : { type },
  };
}

export interface ServerFirst {
  /** The client's nonce with the server's behind it. */
  nonce: string;
  salt: Buffer;
  iterations: number;
}

export function serverFirst({ nonce, salt, iterations }: ServerFirst): string {
  return `r=${nonce},s=${salt.toString('base64')},i=${iterations}`;
}

/** Reads a server-first-message and holds it against the client's nonce. Throws ScramError. */
export function parseServerFirst(text: string, clientNonce: string): ServerFirst {
  if (text.startsWith('m=')) throw new ScramError('The server asks for an extension that is mandatory');
  const found = /^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([1-9]\d*)(?:,[A-Za-z]=[^,]*)*$/.exec(text);
  if (!found) throw new ScramError(`The server-first-message is not one: ${quoted(text)}`);
  const [, nonce = '', salt = '', iterations = ''] = found;
  if (!nonce.startsWith(clientNonce))
    throw new ScramError("The server's nonce does not begin with the client's");
  if (nonce.length === clientNonce.length)
    throw new ScramError("The server adds nothing to the client's nonce");
  if (Number(iterations) > mostIterations) {
    throw new ScramError(`The server asks for ${iterations} iterations; at most ${mostIterations} are made`);
  }
  return { nonce, salt: decodeBase64(salt), iterations: Number(iterations) };
}

export interface ClientFinalParts {
  hash: ScramHash;
  keys: ScramKeys;
  first: ClientFirst;
  /** The server-first-message, as it came. */
  serverFirst: string;
  /** The nonce to repeat; `null` leaves `r=` out. */
  nonce: string | null;
  /** The data of the channel binding; none without one. */
  channelBindingData?: Buffer | undefined;
  /** Instead of the value of `c=`, already in base64; `null` leaves it out. */
  channelBindingInput?: string | null;
  /** Instead of the proof, already in base64. */
  proof?: string;
  /** Attributes before the proof, such as `x=1`. */
  extensions?: string;
}

export interface ClientFinal {
  text: string;
  /** What both sides sign (RFC 5802 section 3). */
  authMessage: string;
}

export function clientFinal(parts: ClientFinalParts): ClientFinal {
  const { hash, keys, first } = parts;
  const input = Buffer.concat([Buffer.from(first.gs2Header), parts.channelBindingData ?? Buffer.alloc(0)]);
  const { channelBindingInput = input.toString('base64'), nonce, extensions } = parts;
  const withoutProof = [
    ...(channelBindingInput === null ? [] : [`c=${channelBindingInput}`]),
    ...(nonce === null ? [] : [`r=${nonce}`]),
    ...(extensions === undefined ? [] : [extensions]),
  ].join(',');
  const authMessage = `${first.bare},${parts.serverFirst},${withoutProof}`;
  const proof = parts.proof ?? clientProof(hash, keys, authMessage).toString('base64');
  return { text: `${withoutProof},p=${proof}`, authMessage };
}

export function clientProof(hash: ScramHash, keys: ScramKeys, authMessage: string): Buffer {
  return exclusiveOr(keys.clientKey, hmac(hash, keys.storedKey, authMessage));
}

export interface ParsedClientFinal {
  /** GS2 header and channel-binding data, as the client says they are. */
  channelBindingInput: Buffer;
  nonce: string;
  proof: Buffer;
  withoutProof: string;
}

/** Reads a client-final-message. Throws ScramError. */
export function parseClientFinal(text: string): ParsedClientFinal {
  const found = /^(c=([A-Za-z0-9+/=]*),r=([!-+\--~]+)(?:,[A-Za-z]=[^,]+)*),p=([A-Za-z0-9+/=]+)$/.exec(text);
  if (!found) throw new ScramError('The client-final-message is not one', 'invalid-encoding');
  const [, withoutProof = '', input = '', nonce = '', proof = ''] = found;
  return { channelBindingInput: decodeBase64(input), nonce, proof: decodeBase64(proof), withoutProof };
}

/** Whether a proof was made with the password whose `storedKey` this is. */
export function isProof(hash: ScramHash, storedKey: Buffer, authMessage: string, proof: Buffer): boolean {
  const signature = hmac(hash, storedKey, authMessage);
  if (proof.length !== signature.length) return false;
  return timingSafeEqual(digestOf(hash, exclusiveOr(proof, signature)), storedKey);
}

export function serverSignature(hash: ScramHash, serverKey: Buffer, authMessage: string): Buffer {
  return hmac(hash, serverKey, authMessage);
}

export function serverFinal(hash: ScramHash, serverKey: Buffer, authMessage: string): string {
  return `v=${serverSignature(hash, serverKey, authMessage).toString('base64')}`;
}

/** Holds a server-final-message against what it must be. Throws ScramError. */
export function checkServerFinal(
  text: string,
  hash: ScramHash,
  serverKey: Buffer,
  authMessage: string,
): void {
  const found = /^(?:v=([A-Za-z0-9+/=]+)|e=([^,]+))(?:,[A-Za-z]=[^,]*)*$/.exec(text);
  if (!found) throw new ScramError(`The server-final-message is not one: ${quoted(text)}`);
  if (found[2] !== undefined) throw new ScramError(`The server refuses: ${quoted(found[2])}`, found[2]);
  const signature = decodeBase64(found[1] ?? '');
  if (signature.equals(serverSignature(hash, serverKey, authMessage))) return;
  throw new ScramError('The signature of the server is wrong: it does not know the password');
}

/** A nonce of 24 printable characters. */
export function randomNonce(): string {
  return randomBytes(18).toString('base64');
}

/** A name with `,` and `=` written so that they do not end it (RFC 5802 section 5.1). */
export function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

function unescapeName(name: string): string {
  if (/=(?!2C|3D)/.test(name))
    throw new ScramError('A name has = that is not =2C or =3D', 'invalid-username-encoding');
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text)
    throw new ScramError(`${quoted(text)} is not base64`, 'invalid-encoding');
  return bytes;
}

function hmac(hash: ScramHash, key: Buffer, text: string): Buffer {
  return createHmac(scramHashes[hash], key).update(text).digest();
}

function digestOf(hash: ScramHash, bytes: Buffer): Buffer {
  return createHash(scramHashes[hash]).update(bytes).digest();
}

function exclusiveOr(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 199)}…` : text);
}
