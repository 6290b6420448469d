import { randomBytes } from 'node:crypto';

/** Opcodes of RFC 6455 section 5.2. */
export const opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** A frame as it came. */
export interface Frame {
  fin: boolean;
  rsv1: boolean;
  rsv2: boolean;
  rsv3: boolean;
  opcode: number;
  masked: boolean;
  maskKey?: Buffer;
  /** Unmasked. */
  payload: Buffer;
}

/** A frame to be sent, however wrong; what is left out is as a client has it. */
export interface FrameSpec {
  fin?: boolean;
  rsv1?: boolean;
  rsv2?: boolean;
  rsv3?: boolean;
  /** 0 to 15. */
  opcode: number;
  /** Whether to mask, or the key itself; a random key unless said otherwise. */
  mask?: boolean | Buffer;
  /** The length as it is announced: in a form that need not be the shortest, of a value that need not be true. */
  length?: { as?: '7-bit' | '16-bit' | '64-bit'; of?: number | bigint };
  payload: Buffer;
}

/**
 * The octets of a frame. Throws `RangeError` where a length does not fit the form it is to be written in, or a
 * masking key is not of four octets.
 */
export function encodeFrame(spec: FrameSpec): Buffer {
  return encodeFrames([spec]);
}

/** What of a frame comes before its payload. Throws as `encodeFrame` does. */
export function encodeFrameHead({ payload, length, ...spec }: FrameSpec): Buffer {
  return encodeFrame({ ...spec, length: { of: payload.length, ...length }, payload: Buffer.alloc(0) });
}

/** The octets of frames, one after another; each payload is copied once. Throws as `encodeFrame` does. */
export function encodeFrames(specs: readonly FrameSpec[]): Buffer {
  const keys = randomBytes(4 * specs.length);
  const lengths = specs.map(({ length, payload }) =>
    encodeLength(BigInt(length?.of ?? payload.length), length?.as),
  );
  const size = specs.reduce(
    (sum, { mask, payload }, index) =>
      sum + 1 + (lengths[index]?.length ?? 0) + (mask === false ? 0 : 4) + payload.length,
    0,
  );
  const octets = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [index, spec] of specs.entries()) {
    const { fin = true, rsv1 = false, rsv2 = false, rsv3 = false, mask = true, payload } = spec;
    octets[at++] =
      (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | (rsv2 ? 0x20 : 0) | (rsv3 ? 0x10 : 0) | (spec.opcode & 0x0f);
    const lengthAt = at;
    at += lengths[index]?.copy(octets, at) ?? 0;
    if (mask === false) at += payload.copy(octets, at);
    else {
      const key = mask === true ? keys.subarray(4 * index, 4 * index + 4) : mask;
      if (key.length !== 4) throw new RangeError(`a masking key has 4 octets, not ${key.length}`);
      octets[lengthAt] = (octets[lengthAt] ?? 0) | 0x80;
      at += key.copy(octets, at);
      maskInto(octets, at, payload, key);
      at += payload.length;
    }
  }
  return octets;
}

function encodeLength(length: bigint, as: '7-bit' | '16-bit' | '64-bit' = shortestForm(length)): Buffer {
  if (as === '7-bit') {
    if (length < 0n || length > 127n) throw new RangeError(`a length of ${length} does not fit 7 bits`);
    return Buffer.from([Number(length)]);
  }
  if (as === '16-bit') {
    const octets = Buffer.from([126, 0, 0]);
    octets.writeUInt16BE(Number(length), 1);
    return octets;
  }
  const octets = Buffer.alloc(9, 127);
  octets.writeBigUInt64BE(length, 1);
  return octets;
}

function shortestForm(length: bigint): '7-bit' | '16-bit' | '64-bit' {
  if (length < 126n) return '7-bit';
  return length <= 0xffffn ? '16-bit' : '64-bit';
}

/** Masks octets where they are, or takes their mask away (RFC 6455 section 5.3); their payload began `from` octets before. */
export function maskInPlace(octets: Buffer, key: Buffer, from = 0): void {
  const shift = from & 3;
  maskInto(octets, 0, octets, Buffer.concat([key.subarray(shift), key.subarray(0, shift)]));
}

function maskInto(out: Buffer, start: number, payload: Buffer, key: Buffer): void {
  const [a = 0, b = 0, c = 0, d = 0] = key;
  const whole = payload.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    out[start + at] = (payload[at] ?? 0) ^ a;
    out[start + at + 1] = (payload[at + 1] ?? 0) ^ b;
    out[start + at + 2] = (payload[at + 2] ?? 0) ^ c;
    out[start + at + 3] = (payload[at + 3] ?? 0) ^ d;
  }
  for (let at = whole; at < payload.length; at++) out[start + at] = (payload[at] ?? 0) ^ (key[at & 3] ?? 0);
}

export function isControl(code: number): boolean {
  return code >= 0x8;
}
