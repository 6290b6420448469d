import type { XmlElement } from '../xmpp/element.ts';
import { namespaces } from '../xmpp/namespaces.ts';
import { StreamParser } from '../xmpp/stream-parser.ts';

/** A stanza may have so many octets: a message of some megabytes is a case of its own. */
const largestStanza = 32 * 1_048_576;

/**
 * Reads what a server sends before a library does that knows no limits: size, depth, attributes, and what XMPP
 * forbids. Follows the stream through its restart after SASL; TLS wants a new one.
 */
export class StreamGuard {
  readonly #onViolation: (text: string) => void;
  #parser = this.#newParser();

  /** `onViolation` is called once; nothing that comes in the same chunk should reach the library. */
  constructor(onViolation: (text: string) => void) {
    this.#onViolation = onViolation;
  }

  read(bytes: Buffer): void {
    let left = bytes;
    while (left.length > 0) {
      const parser = this.#parser;
      left = parser.write(left);
      if (this.#parser === parser) return;
    }
  }

  #newParser(): StreamParser {
    return new StreamParser(
      {
        onHeader: () => undefined,
        onElement: (element) => this.#restartAfter(element),
        onEnd: () => undefined,
        onViolation: ({ text }) => this.#onViolation(text),
      },
      { limits: { octets: largestStanza } },
    );
  }

  #restartAfter(element: XmlElement): void {
    if (!element.is('success', namespaces.sasl)) return;
    this.#parser.stop();
    this.#parser = this.#newParser();
  }
}
