import { TextDecoder } from 'node:util';

/** What came of decoding a chunk: the text before the first invalid byte, and whether there was one. */
export interface DecodedText {
  text: string;
  valid: boolean;
}

/**
 * Turns bytes, sliced anyhow, into text and notices at once where they are not UTF-8. A byte order mark is text
 * like any other (RFC 6120 section 11.6).
 */
export class Utf8Decoder {
  #decoder = strictDecoder();
  /** The begun character at the end of the last chunk: at most three bytes. */
  #held: Buffer = Buffer.alloc(0);

  /** Bytes of a character that has begun and not ended. */
  get heldBytes(): number {
    return this.#held.length;
  }

  decode(chunk: Buffer): DecodedText {
    try {
      const text = this.#decoder.decode(chunk, { stream: true });
      this.#hold(chunk, text);
      return { text, valid: true };
    } catch {
      const bytes = Buffer.concat([this.#held, chunk]);
      return { text: longestValidPrefix(bytes), valid: false };
    }
  }

  #hold(chunk: Buffer, text: string): void {
    const heldNow = this.#held.length + chunk.length - Buffer.byteLength(text);
    if (heldNow === 0) this.#held = Buffer.alloc(0);
    else if (heldNow <= chunk.length) this.#held = Buffer.from(chunk.subarray(chunk.length - heldNow));
    else this.#held = Buffer.concat([this.#held, chunk]);
  }
}

function strictDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
}

/** Whether a prefix is valid never changes from no to yes as it grows, so that its end can be halved for. */
function longestValidPrefix(bytes: Buffer): string {
  let valid = 0;
  let invalid = bytes.length;
  let text = '';
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    try {
      text = strictDecoder().decode(bytes.subarray(0, middle), { stream: true });
      valid = middle;
    } catch {
      invalid = middle;
    }
  }
  return text;
}
