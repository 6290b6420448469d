import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';
import { referenceBeyond } from './deflate-window.ts';
import { OctetCollector } from './octet-collector.ts';

/** The end of a block that senders leave out (RFC 7692 section 7.2.1). */
export const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** Compressed data is no DEFLATE, or inflates to more than is taken. */
export class InflateError extends Error {
  readonly tooLarge: boolean;
  constructor(text: string, tooLarge = false) {
    super(text);
    this.name = 'InflateError';
    this.tooLarge = tooLarge;
  }
}

/**
 * Raw zlib deflates with windows of 9 bits and more. What it deflates with 9 fits a window of 8 as well: it looks
 * back 250 octets at most, for it keeps 262 of the 512 for what is to come.
 */
function bitsToDeflate(bits: number): number {
  return Math.max(9, bits);
}

/** Compresses the messages of one direction, one after another, with or without context takeover. */
export class Deflater {
  readonly #bits: number;
  readonly #takeover: boolean;
  #stream: DeflateRaw | undefined;

  constructor(bits: number, takeover: boolean) {
    this.#bits = bitsToDeflate(bits);
    this.#takeover = takeover;
  }

  /** The compressed message without the tail. Calls must not overlap. */
  async deflate(message: Buffer): Promise<Buffer> {
    // What is compressed well proves no more than what is compressed fast.
    this.#stream ??= createDeflateRaw({ windowBits: this.#bits, level: constants.Z_BEST_SPEED });
    const stream = this.#stream;
    const parts: Buffer[] = [];
    const onData = (part: Buffer) => parts.push(part);
    stream.on('data', onData);
    await new Promise<void>((resolve, reject) => {
      stream.once('error', reject);
      stream.write(message);
      stream.flush(constants.Z_SYNC_FLUSH, () => {
        stream.off('error', reject);
        resolve();
      });
    });
    stream.off('data', onData);
    if (!this.#takeover) this.close();
    const octets = Buffer.concat(parts);
    // An empty message is one empty block, of which only its first octet is sent (section 7.2.3.6).
    return octets.length > 4 ? octets.subarray(0, octets.length - 4) : Buffer.from([0]);
  }

  close(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }
}

/** Follows each message: the octets that its sender left out, and an empty last block to end with. */
const ending = Buffer.concat([tail, Buffer.from([0x01, 0x00, 0x00, 0xff, 0xff])]);

/** A sender may mark blocks of a message as the last (RFC 7692 section 7.2.3.4); each costs an inflater. */
const mostLastBlocks = 1_000;

/**
 * Inflates the messages of one direction, and never to more than a limit. Each message gets an inflater of its
 * own, which is shown what went before: so a message that stops inside a block is noticed, which a stream that
 * goes on cannot do, and a last block inside a message ends nothing.
 */
export class Inflater {
  readonly #bits: number;
  readonly #takeover: boolean;
  readonly #largest: number;
  /** The end of the messages so far, as much as the window takes. */
  #window = Buffer.alloc(0);
  #stream: InflateRaw | undefined;
  #closed = false;

  constructor(bits: number, takeover: boolean, largest: number) {
    this.#bits = bits;
    this.#takeover = takeover;
    this.#largest = largest;
  }

  /** The message. Rejects with `InflateError`. Calls must not overlap. */
  async inflate(octets: Buffer): Promise<Buffer> {
    const parts: Buffer[] = [];
    let size = 0;
    let rest = Buffer.concat([octets, ending]);
    for (let lastBlocks = 0; rest.length > 0; lastBlocks++) {
      if (lastBlocks > mostLastBlocks)
        throw new InflateError(`it has more than ${mostLastBlocks} blocks that are marked as the last`, true);
      const most = this.#largest - size;
      const { inflated, consumed } = await this.#inflateToLastBlock(rest, most);
      await this.#checkReferences(rest);
      parts.push(inflated);
      size += inflated.length;
      this.#remember(inflated);
      rest = rest.subarray(consumed);
    }
    if (!this.#takeover) this.#window = Buffer.alloc(0);
    const [whole = Buffer.alloc(0)] = parts;
    return parts.length > 1 ? Buffer.concat(parts) : whole;
  }

  /** Forgets what went before; what is being inflated is given up. */
  close(): void {
    this.#closed = true;
    this.#window = Buffer.alloc(0);
    this.#stream?.destroy();
  }

  #remember(inflated: Buffer): void {
    const size = 2 ** this.#bits;
    const before = this.#window.subarray(-Math.max(1, size - inflated.length));
    this.#window =
      inflated.length >= size ? Buffer.from(inflated.subarray(-size)) : Buffer.concat([before, inflated]);
  }

  /** zlib inflates with the largest window: what goes beyond a smaller one is looked for here. */
  async #checkReferences(octets: Buffer): Promise<void> {
    if (this.#bits >= 15) return;
    const window = 2 ** this.#bits;
    const check = referenceBeyond(octets, window);
    let step = check.next();
    for (; !step.done; step = check.next()) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#closed) throw givenUp();
    }
    if (step.value === undefined) return;
    const text = `a reference leads ${step.value} octets back, too far back for a window of ${window}`;
    throw new InflateError(text);
  }

  #tooLarge(): InflateError {
    return new InflateError(`it inflates to more than ${this.#largest} octets`, true);
  }

  #inflateToLastBlock(octets: Buffer, most: number): Promise<{ inflated: Buffer; consumed: number }> {
    const dictionary = this.#window.length > 0 ? { dictionary: this.#window } : {};
    const stream = createInflateRaw(dictionary);
    this.#stream = stream;
    const inflated = new OctetCollector(most);
    return new Promise((resolve, reject) => {
      stream.on('data', (part: Buffer) => {
        if (inflated.length + part.length > most) stream.destroy(this.#tooLarge());
        else inflated.add(part);
      });
      stream.once('error', (error) => reject(error instanceof InflateError ? error : noDeflate(error)));
      stream.once('end', () => {
        resolve({ inflated: inflated.take(), consumed: stream.bytesWritten });
        stream.destroy();
      });
      stream.once('close', () => reject(givenUp()));
      stream.end(octets);
    });
  }
}

function givenUp(): InflateError {
  return new InflateError('it was given up');
}

function noDeflate(error: unknown): InflateError {
  return new InflateError(`it is no DEFLATE: ${error instanceof Error ? error.message : String(error)}`);
}
