import { randomBytes } from 'node:crypto';
import { type CipherSuite, cipherSuiteName, cipherSuites } from './cipher-suites.ts';

/**
 * The first message of each side of a TLS handshake, up to TLS 1.2 (RFC 5246 section 7.4.1), in the clear: what a
 * library would not offer, or would not tell of the answer, can be offered and seen here. No handshake is completed.
 */

export const helloVersions = { SSLv3: 0x0300, TLSv1: 0x0301, 'TLSv1.1': 0x0302, 'TLSv1.2': 0x0303 } as const;
export type HelloVersion = keyof typeof helloVersions;

/** Extensions by their names in the TLS registry, with the body that a client sends. */
const extensions = {
  truncated_hmac: { type: 0x0004, body: '' },
  extended_master_secret: { type: 0x0017, body: '' },
  session_ticket: { type: 0x0023, body: '' },
  renegotiation_info: { type: 0xff01, body: '00' },
} as const;

export type HelloExtension = keyof typeof extensions;
export const helloExtensions = Object.keys(extensions) as HelloExtension[];

export interface ClientHello {
  version: HelloVersion;
  ciphers: readonly CipherSuite[];
  /** DEFLATE is offered beside no compression. */
  deflate?: boolean;
  extensions?: readonly HelloExtension[];
  servername?: string;
}

export type HelloAnswer =
  | { kind: 'server-hello'; version: string; cipher: string; compression: string; extensions: string[] }
  | { kind: 'alert'; alert: string };

/** x25519, secp256r1, secp384r1; uncompressed points; signatures by ECDSA and RSA with SHA-256, 384, 512 and SHA-1. */
const usual = [
  { type: 0x000a, body: '0006001d00170018' },
  { type: 0x000b, body: '0100' },
  { type: 0x000d, body: '00140403050306030804080504010501060102030201' },
];

/** The octets of a ClientHello in one record. */
export function writeClientHello(hello: ClientHello): Buffer {
  const version = uint16(helloVersions[hello.version]);
  const wanted = (hello.extensions ?? []).map((name) => extensions[name]);
  const named = hello.servername === undefined ? [] : [serverName(hello.servername)];
  const all = [...named, ...usual, ...wanted].map(({ type, body }) =>
    Buffer.concat([uint16(type), sized(2, Buffer.from(body, 'hex'))]),
  );
  const body = Buffer.concat([
    version,
    randomBytes(32),
    sized(1, Buffer.alloc(0)),
    sized(2, Buffer.concat(hello.ciphers.map((name) => uint16(cipherSuites[name])))),
    sized(1, Buffer.from(hello.deflate ? [1, 0] : [0])),
    // SSL 3.0 knows no extensions.
    ...(hello.version === 'SSLv3' ? [] : [sized(2, Buffer.concat(all))]),
  ]);
  const message = Buffer.concat([Buffer.from([1]), sized(3, body)]);
  const recordVersion = hello.version === 'SSLv3' ? version : uint16(helloVersions.TLSv1);
  return Buffer.concat([Buffer.from([22]), recordVersion, sized(2, message)]);
}

function serverName(name: string): { type: number; body: string } {
  const entry = Buffer.concat([Buffer.from([0]), sized(2, Buffer.from(name, 'latin1'))]);
  return { type: 0x0000, body: sized(2, entry).toString('hex') };
}

const alerts: Readonly<Record<number, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  22: 'record_overflow',
  40: 'handshake_failure',
  42: 'bad_certificate',
  47: 'illegal_parameter',
  50: 'decode_error',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  112: 'unrecognized_name',
  120: 'no_application_protocol',
};

/** Reads what a server answers to a ClientHello, in whatever pieces it comes. */
export class HelloReader {
  #octets = Buffer.alloc(0);
  #handshake = Buffer.alloc(0);

  /** The answers that are complete with these octets: the ServerHello and alerts; all else is passed over. */
  read(octets: Buffer): HelloAnswer[] {
    this.#octets = Buffer.concat([this.#octets, octets]);
    const answers: HelloAnswer[] = [];
    while (this.#octets.length >= 5) {
      const length = this.#octets.readUInt16BE(3);
      if (this.#octets.length < 5 + length) break;
      const fragment = this.#octets.subarray(5, 5 + length);
      if (this.#octets[0] === 21 && length >= 2)
        answers.push({ kind: 'alert', alert: alerts[fragment[1] ?? 0] ?? String(fragment[1]) });
      if (this.#octets[0] === 22) answers.push(...this.#readHandshake(fragment));
      this.#octets = this.#octets.subarray(5 + length);
    }
    return answers;
  }

  #readHandshake(fragment: Buffer): HelloAnswer[] {
    this.#handshake = Buffer.concat([this.#handshake, fragment]);
    const answers: HelloAnswer[] = [];
    while (this.#handshake.length >= 4) {
      const length = this.#handshake.readUIntBE(1, 3);
      if (this.#handshake.length < 4 + length) break;
      const hello = this.#handshake[0] === 2 && readServerHello(this.#handshake.subarray(4, 4 + length));
      if (hello) answers.push(hello);
      this.#handshake = this.#handshake.subarray(4 + length);
    }
    return answers;
  }
}

function readServerHello(body: Buffer): HelloAnswer | undefined {
  const session = body[34] ?? 0;
  const at = 35 + session;
  if (body.length < at + 3) return undefined;
  const version = body.readUInt16BE(0);
  const name = Object.entries(helloVersions).find(([, code]) => code === version)?.[0];
  return {
    kind: 'server-hello',
    version: name ?? `0x${version.toString(16).padStart(4, '0')}`,
    cipher: cipherSuiteName(body.readUInt16BE(at)),
    compression: body[at + 2] === 0 ? 'none' : body[at + 2] === 1 ? 'deflate' : String(body[at + 2]),
    extensions: extensionsIn(body.subarray(at + 5)),
  };
}

function extensionsIn(octets: Buffer): string[] {
  const found: string[] = [];
  for (let rest = octets; rest.length >= 4; rest = rest.subarray(4 + rest.readUInt16BE(2))) {
    const type = rest.readUInt16BE(0);
    found.push(helloExtensions.find((name) => extensions[name].type === type) ?? String(type));
  }
  return found;
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** The octets behind their length, which is itself written in so many. */
function sized(octetsOfLength: number, octets: Buffer): Buffer {
  const length = Buffer.alloc(octetsOfLength);
  length.writeUIntBE(octets.length, 0, octetsOfLength);
  return Buffer.concat([length, octets]);
}

/** What a server that does wrong needs to know of a ClientHello, and how it answers. */
export interface OfferedHello {
  version: number;
  ciphers: number[];
  deflate: boolean;
  /** Types of the extensions. */
  extensions: number[];
}

export interface ReadHello extends OfferedHello {
  /** The client brings the session of an earlier connection. */
  resumes: boolean;
}

/** Reads a ClientHello that is whole in one record; `undefined` for anything else. */
export function readClientHello(record: Buffer): ReadHello | undefined {
  if (record[0] !== 22 || record[5] !== 1 || record.length < 5 + record.readUInt16BE(3)) return undefined;
  const body = record.subarray(9);
  const version = body.readUInt16BE(0);
  const ciphersAt = 35 + (body[34] ?? 0);
  const ciphers = body.subarray(ciphersAt + 2, ciphersAt + 2 + body.readUInt16BE(ciphersAt));
  const compressionAt = ciphersAt + 2 + ciphers.length;
  const methods = body.subarray(compressionAt + 1, compressionAt + 1 + (body[compressionAt] ?? 0));
  const rest = body.subarray(compressionAt + 1 + methods.length + 2);
  const types: number[] = [];
  let resumes = false;
  for (let left = rest; left.length >= 4; left = left.subarray(4 + left.readUInt16BE(2))) {
    const type = left.readUInt16BE(0);
    types.push(type);
    // A pre-shared key (TLS 1.3), or a ticket that is not empty.
    resumes ||= type === 0x0029 || (type === 0x0023 && left.readUInt16BE(2) > 0);
  }
  const codes = Array.from({ length: ciphers.length / 2 }, (_, index) => ciphers.readUInt16BE(2 * index));
  return { version, ciphers: codes, deflate: methods.includes(1), extensions: types, resumes };
}

/** The octets of a ServerHello in one record. */
export function writeServerHello(hello: OfferedHello & { cipher: number }): Buffer {
  const all = hello.extensions.map((type) =>
    Buffer.concat([uint16(type), sized(2, Buffer.from(type === 0xff01 ? '00' : '', 'hex'))]),
  );
  const body = Buffer.concat([
    uint16(hello.version),
    randomBytes(32),
    sized(1, randomBytes(32)),
    uint16(hello.cipher),
    Buffer.from([hello.deflate ? 1 : 0]),
    ...(all.length > 0 ? [sized(2, Buffer.concat(all))] : []),
  ]);
  const message = Buffer.concat([Buffer.from([2]), sized(3, body)]);
  return Buffer.concat([Buffer.from([22]), uint16(hello.version), sized(2, message)]);
}
