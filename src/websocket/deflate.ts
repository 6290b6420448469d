import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';

/** The end of a block that senders leave out (RFC 7692 section 7.2.1). */
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** Compressed data is no DEFLATE, or inflates to more than is taken. */
export class InflateError extends Error {
  readonly tooLarge: boolean;
  constructor(text: string, tooLarge = false) {
    super(text);
    this.name = 'InflateError';
    this.tooLarge = tooLarge;
  }
}

/** Raw zlib takes 9 bits and more; for 8 it uses 9, which an inflater of 8 bits may not understand. */
function windowBits(bits: number): number {
  return Math.max(9, bits);
}

/** Compresses the messages of one direction, one after another, with or without context takeover. */
export class Deflater {
  readonly #bits: number;
  readonly #takeover: boolean;
  #stream: DeflateRaw | undefined;

  constructor(bits: number, takeover: boolean) {
    this.#bits = windowBits(bits);
    this.#takeover = takeover;
  }

  /** The compressed message without the tail. Calls must not overlap. */
  async deflate(message: Buffer): Promise<Buffer> {
    this.#stream ??= createDeflateRaw({ windowBits: this.#bits });
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

/** Inflates the messages of one direction, and never to more than a limit. */
export class Inflater {
  readonly #bits: number;
  readonly #takeover: boolean;
  readonly #largest: number;
  #stream: InflateRaw | undefined;

  constructor(bits: number, takeover: boolean, largest: number) {
    this.#bits = windowBits(bits);
    this.#takeover = takeover;
    this.#largest = largest;
  }

  /** The message. Rejects with `InflateError`. Calls must not overlap. */
  async inflate(octets: Buffer): Promise<Buffer> {
    const stream = this.#stream ?? createInflateRaw({ windowBits: this.#bits });
    this.#stream = stream;
    const parts: Buffer[] = [];
    let size = 0;
    try {
      await new Promise<void>((resolve, reject) => {
        stream.removeAllListeners();
        stream.on('data', (part: Buffer) => {
          size += part.length;
          if (size > this.#largest)
            return reject(new InflateError(`it inflates to more than ${this.#largest} octets`, true));
          parts.push(part);
        });
        stream.once('error', (error) => reject(new InflateError(`it is no DEFLATE: ${error.message}`)));
        // A final block ends zlib's stream; what follows it belongs to a fresh one (section 7.2.3.4).
        stream.once('end', () => {
          this.#stream = undefined;
          resolve();
        });
        stream.write(Buffer.concat([octets, tail]));
        stream.flush(() => resolve());
      });
    } catch (error) {
      this.close();
      throw error;
    }
    if (!this.#takeover) this.close();
    return Buffer.concat(parts);
  }

  close(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (!stream) return;
    stream.removeAllListeners();
    stream.on('error', () => undefined);
    stream.close();
  }
}
