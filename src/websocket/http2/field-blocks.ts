import { type Field, FieldDecoder } from './hpack.ts';
import { Http2Error } from './http2-error.ts';
import { flag, frameType, type Http2Frame, withoutPadding } from './http2-frame.ts';

/** A header block may be so long before it is decoded, in octets, and in so many frames. */
const largestBlock = 131_072;
const mostFrames = 64;

/** Puts header blocks together (RFC 9113 section 4.3): HEADERS and its CONTINUATION frames. */
export class FieldBlocks {
  readonly #decoder = new FieldDecoder();
  #open: { stream: number; end: boolean; parts: Buffer[]; size: number } | undefined;

  /** A block has begun, and its rest must come next. */
  get open(): boolean {
    return this.#open !== undefined;
  }

  /** The fields, when the block is whole. Throws `Http2Error`. */
  take(frame: Http2Frame): { fields: Field[]; end: boolean } | undefined {
    const block = frame.type === frameType.headers ? this.#begin(frame) : this.#goOn(frame);
    const part = frame.type === frameType.headers ? withoutPadding(frame) : frame.payload;
    block.parts.push(part);
    block.size += part.length;
    if (block.size > largestBlock || block.parts.length > mostFrames)
      throw new Http2Error('ENHANCE_YOUR_CALM', '10.5.1 of RFC 9113', 'a header block does not end');
    if ((frame.flags & flag.endHeaders) === 0) return undefined;
    this.#open = undefined;
    return { fields: this.#decoder.decode(Buffer.concat(block.parts)), end: block.end };
  }

  #begin({ stream, flags }: Http2Frame) {
    if (stream === 0) throw new Http2Error('PROTOCOL_ERROR', '6.2 of RFC 9113', 'HEADERS came on stream 0');
    this.#open = { stream, end: (flags & flag.endStream) !== 0, parts: [], size: 0 };
    return this.#open;
  }

  #goOn({ stream }: Http2Frame) {
    if (this.#open?.stream === stream) return this.#open;
    throw new Http2Error(
      'PROTOCOL_ERROR',
      '6.10 of RFC 9113',
      'CONTINUATION came where nothing is to be continued',
    );
  }
}
