/** A WebSocket frame, or as much of it as the transcript shows. */
export interface WireFrame {
  fin: boolean;
  /** `RSV1`, `RSV2`, `RSV3`: those that are set. */
  reserved: string[];
  opcode: number;
  /** `text`, `close`; `reserved 0xb` where RFC 6455 names none. */
  name: string;
  masked: boolean;
  /** Of the payload, as the frame announces it. */
  length: number;
  /** Unmasked; shorter than `length` where the rest comes later or is not shown. */
  payload: Uint8Array;
  /** Of a close frame: its code and its reason. */
  close?: { code: number; reason: string };
}

/** Octets that are no frame of their own: the rest of one that began before. */
export interface FrameRest {
  payload: Uint8Array;
  /** How many octets there are, shown or not. */
  length: number;
}

export type FramePart = { kind: 'frame'; frame: WireFrame } | { kind: 'rest'; rest: FrameRest };

const names: Readonly<Record<number, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** Reads the frames of one direction of one connection, chunk by chunk, of which a transcript may lack the end. */
export class FrameReader {
  /** Octets of the last frame that are still to come. */
  #missing = 0;
  #key: Uint8Array | undefined;
  #keyAt = 0;
  /** A head that was cut in two by the end of a chunk. */
  #head: Uint8Array = new Uint8Array(0);

  /** The frames that begin in the chunk; `omitted` octets follow those that are shown. */
  read(shown: Uint8Array, omitted: number): FramePart[] {
    const parts: FramePart[] = [];
    let octets = joined(this.#head, shown);
    this.#head = new Uint8Array(0);
    while (octets.length > 0) {
      if (this.#missing > 0) {
        const payload = this.#take(octets, this.#missing);
        octets = octets.subarray(payload.length);
        const hidden = octets.length === 0 ? Math.min(omitted, this.#missing) : 0;
        parts.push({ kind: 'rest', rest: { payload, length: payload.length + hidden } });
        continue;
      }
      const begun = this.#begin(octets);
      if (!begun) break;
      parts.push({ kind: 'frame', frame: begun.frame });
      octets = octets.subarray(begun.used);
    }
    if (omitted > 0) this.#skip(octets.length + omitted);
    else this.#head = new Uint8Array(octets);
    return parts;
  }

  /** What is not shown belongs to the last frame; where it holds more, the next chunk is taken to begin with a frame. */
  #skip(octets: number): void {
    this.#keyAt += octets;
    this.#missing = octets > this.#missing ? 0 : this.#missing - octets;
  }

  #begin(octets: Uint8Array): { frame: WireFrame; used: number } | undefined {
    const [first = 0, second = 0] = octets;
    const size = headSize(second);
    if (octets.length < size) return undefined;
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    const short = second & 0x7f;
    const length = short === 126 ? view.getUint16(2) : short === 127 ? Number(view.getBigUint64(2)) : short;
    const masked = second >= 0x80;
    this.#key = masked ? new Uint8Array(octets.subarray(size - 4, size)) : undefined;
    this.#keyAt = 0;
    this.#missing = length;
    const payload = this.#take(octets.subarray(size), length);
    const opcode = first & 0x0f;
    const frame: WireFrame = {
      fin: first >= 0x80,
      reserved: ['RSV1', 'RSV2', 'RSV3'].filter((_, bit) => (first & (0x40 >> bit)) !== 0),
      opcode,
      name: names[opcode] ?? `reserved 0x${opcode.toString(16)}`,
      masked,
      length,
      payload,
      ...closing(opcode, payload),
    };
    return { frame, used: size + payload.length };
  }

  /** So many octets of the payload, or all there are, without their mask. */
  #take(octets: Uint8Array, most: number): Uint8Array {
    // A copy, of which the mask is taken: what `slice` makes of a Buffer is none.
    const taken = new Uint8Array(octets.subarray(0, Math.min(most, octets.length)));
    const key = this.#key;
    if (key)
      for (let at = 0; at < taken.length; at++)
        taken[at] = (taken[at] ?? 0) ^ (key[(this.#keyAt + at) & 3] ?? 0);
    this.#keyAt += taken.length;
    this.#missing -= taken.length;
    return taken;
  }
}

function headSize(second: number): number {
  const short = second & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second >= 0x80 ? 4 : 0);
}

function closing(opcode: number, payload: Uint8Array): Pick<WireFrame, 'close'> {
  const [high, low] = payload;
  if (opcode !== 8 || high === undefined || low === undefined) return {};
  return { close: { code: high * 256 + low, reason: new TextDecoder().decode(payload.subarray(2)) } };
}

export function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
