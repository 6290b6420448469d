import { type Frame, isControl, maskInPlace } from './frame.ts';
import { OctetCollector } from './octet-collector.ts';
import type { Violation } from './violation.ts';

/** Where frames can no longer be told apart. */
export class FrameError extends Error {
  readonly section: string;
  /** The frame is merely larger than the reader takes (close code 1009), not malformed (1002). */
  readonly tooLarge: boolean;
  constructor(section: string, text: string, tooLarge = false) {
    super(text);
    this.name = 'FrameError';
    this.section = section;
    this.tooLarge = tooLarge;
  }
}

/** The first octets of a frame: all that is known before its payload has come. */
export interface FrameHead extends Omit<Frame, 'payload'> {
  /** Of the payload, in octets. */
  length: number;
  /** What is wrong with it wherever it stands. */
  violations: Violation[];
}

export interface FrameHandlers {
  /** Before the payload has come, so that a bad frame can be failed at once. Throwing stops the parser. */
  onHead?(head: FrameHead): void;
  /** Payload of a data frame as it comes, unmasked, for whoever must judge it before the frame is whole. */
  onPart?(head: FrameHead, part: Buffer): void;
  onFrame(frame: Frame, violations: Violation[]): void;
}

/** A frame may have so many octets of payload unless told otherwise. */
export const defaultLargestFrame = 64 * 1_048_576;

const nothing = Buffer.alloc(0);

/** Cuts a stream of octets, sliced anyhow, into frames. Keeps no more than one frame. */
export class FrameParser {
  readonly #handlers: FrameHandlers;
  readonly #largest: number;
  /** What has come of a head; at most 14 octets. */
  #headOctets: Buffer = nothing;
  #head: FrameHead | undefined;
  /** What has come of a payload that did not come at once. */
  readonly #begun = new OctetCollector();
  #stopped = false;

  constructor(handlers: FrameHandlers, largest = defaultLargestFrame) {
    this.#handlers = handlers;
    this.#largest = largest;
  }

  /** Reads nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#begun.take();
  }

  /** Reads octets. Throws `FrameError`, and whatever a handler throws; the parser is then at its end. */
  write(chunk: Buffer): void {
    let at = 0;
    try {
      while (at < chunk.length && !this.#stopped)
        at = this.#head ? this.#readPayload(this.#head, chunk, at) : this.#readHead(chunk, at);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Whether the octets so far end inside a frame. */
  get inside(): boolean {
    return this.#head !== undefined || this.#headOctets.length > 0;
  }

  /** The frame inside which the octets so far end, in a few words. */
  get begun(): string | undefined {
    if (this.#stopped || !this.inside) return undefined;
    const payload = this.#head && ` (${this.#begun.length} of ${this.#head.length} octets of its payload)`;
    return `the beginning of a frame${payload ?? ''}`;
  }

  /** Reads the head that begins at an octet of the chunk, or goes on there. Returns where it ends. */
  #readHead(chunk: Buffer, at: number): number {
    const before = this.#headOctets.length;
    const [octets, from] =
      before === 0
        ? [chunk, at]
        : [Buffer.concat([this.#headOctets, chunk.subarray(at, at + 14 - before)]), 0];
    const size = headSize(octets, from);
    if (size === undefined || octets.length - from < size) {
      this.#headOctets = Buffer.from(octets.subarray(from));
      return chunk.length;
    }
    this.#headOctets = nothing;
    const head = readHead(octets, from);
    if (head.length > this.#largest)
      throw new FrameError(
        '10.4',
        `a frame announces ${head.length} octets, more than the ${this.#largest} that are read`,
        true,
      );
    this.#head = head;
    this.#handlers.onHead?.(head);
    if (head.length === 0 && !this.#stopped) this.#finish(head, nothing);
    return at + size - before;
  }

  #readPayload(head: FrameHead, chunk: Buffer, at: number): number {
    const from = this.#begun.length;
    const came = chunk.subarray(at, at + head.length - from);
    const isWhole = from + came.length === head.length;
    const octets = this.#copied(came, isWhole, head.length);
    const part = octets.subarray(from);
    if (head.maskKey) maskInPlace(part, head.maskKey, from);
    if (!isControl(head.opcode)) this.#handlers.onPart?.(head, part);
    if (isWhole && !this.#stopped) {
      this.#begun.take();
      this.#finish(head, octets);
    }
    return at + came.length;
  }

  /** All that has come of the payload; copied, since the chunk may be part of a buffer that is used again. */
  #copied(came: Buffer, isWhole: boolean, inAll: number): Buffer {
    if (isWhole && this.#begun.length === 0) return Buffer.from(came);
    this.#begun.add(came, inAll);
    return this.#begun.view();
  }

  #finish(head: FrameHead, payload: Buffer): void {
    const { fin, rsv1, rsv2, rsv3, opcode, masked: isMasked, maskKey, violations } = head;
    this.#head = undefined;
    const mask = maskKey ? { maskKey } : undefined;
    this.#handlers.onFrame({ fin, rsv1, rsv2, rsv3, opcode, masked: isMasked, ...mask, payload }, violations);
  }
}

/** How many octets the head has that begins there, once its second octet is known. */
function headSize(octets: Buffer, from: number): number | undefined {
  const second = octets[from + 1];
  if (second === undefined) return undefined;
  const form = second & 0x7f;
  return 2 + (form === 126 ? 2 : form === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0);
}

function readHead(octets: Buffer, from: number): FrameHead {
  const first = octets[from] ?? 0;
  const second = octets[from + 1] ?? 0;
  const violations: Violation[] = [];
  const form = second & 0x7f;
  let length = form;
  let at = from + 2;
  if (form === 126) {
    length = octets.readUInt16BE(at);
    at += 2;
    if (length < 126) violations.push({ section: '5.2', text: `a length of ${length} in the 16-bit form` });
  } else if (form === 127) {
    const long = octets.readBigUInt64BE(at);
    at += 8;
    if (long >> 63n) throw new FrameError('5.2', 'the top bit of a 64-bit length is set');
    if (long <= 0xffffn) violations.push({ section: '5.2', text: `a length of ${long} in the 64-bit form` });
    length = Number(long);
  }
  const isMasked = (second & 0x80) !== 0;
  return {
    fin: (first & 0x80) !== 0,
    rsv1: (first & 0x40) !== 0,
    rsv2: (first & 0x20) !== 0,
    rsv3: (first & 0x10) !== 0,
    opcode: first & 0x0f,
    masked: isMasked,
    ...(isMasked ? { maskKey: Buffer.from(octets.subarray(at, at + 4)) } : {}),
    length,
    violations,
  };
}
