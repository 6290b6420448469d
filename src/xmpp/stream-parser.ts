import type { XmlElement } from './element.ts';
import { type ElementFacts, ElementReader } from './element-reader.ts';
import { namespaces } from './namespaces.ts';
import { StreamHeader } from './stream-header.ts';
import { Utf8Decoder } from './utf8-decoder.ts';
import { defaultXmlLimits, type XmlLimits, type XmlViolation, XmlViolationError } from './xml-limits.ts';

export type { ElementFacts } from './element-reader.ts';
export { headerViolation, StreamHeader } from './stream-header.ts';
export {
  defaultXmlLimits,
  type XmlLimits,
  type XmlViolation,
  type XmlViolationCondition,
} from './xml-limits.ts';

export interface StreamParserHandlers {
  /** The root of the stream, or the `<open/>` of a framed one. The names are not judged: see headerViolation. */
  onHeader(header: StreamHeader): void;
  /** A child of the root, complete; in framed mode whatever is neither `<open/>` nor `<close/>`. */
  onElement(element: XmlElement, facts: ElementFacts): void;
  /** The root has been closed, or a `<close/>` has come, which is then handed over (it can carry see-other-uri). */
  onEnd(close?: XmlElement): void;
  /** Something that XMPP forbids or that goes beyond the limits. Nothing more is read after it. */
  onViolation(violation: XmlViolation): void;
  /** White space between the children of the root: a keepalive (RFC 6120 section 4.6.1). */
  onWhitespace?(): void;
}

export interface StreamParserOptions {
  /** `stream`: RFC 6120, bytes sliced anyhow. `framed`: RFC 7395, each write is one whole WebSocket message. */
  mode?: 'stream' | 'framed';
  limits?: Partial<XmlLimits>;
  /** Namespaces that are known without a declaration, by prefix. */
  inherited?: Record<string, string>;
}

const nothing = Buffer.alloc(0);

/**
 * Reads one XML stream. A restart (after STARTTLS and SASL) takes a new parser: call `stop()` in the handler of the
 * element that brings it about; the bytes that `write` then returns were not read.
 */
export class StreamParser {
  readonly #handlers: StreamParserHandlers;
  readonly #limits: XmlLimits;
  readonly #framed: boolean;
  readonly #inherited: Record<string, string>;
  readonly #decoder = new Utf8Decoder();
  readonly #reader: ElementReader;
  /** In framed mode: reads one message after another, as making one takes longer than most messages. */
  #messageReader: ElementReader | undefined;
  /** Hands over what the message holds. */
  #deliver = () => {};
  #state: 'unbegun' | 'inside' | 'between' | 'after-root' = 'unbegun';
  #dead = false;

  constructor(handlers: StreamParserHandlers, options: StreamParserOptions = {}) {
    this.#handlers = handlers;
    this.#limits = { ...defaultXmlLimits, ...options.limits };
    this.#framed = options.mode === 'framed';
    this.#inherited = options.inherited ?? {};
    this.#reader = this.#streamReader();
  }

  /** Whether the parser ignores what is written: it was stopped, or there was a violation. */
  get dead(): boolean {
    return this.#dead;
  }

  /** Reads nothing more, not even the rest of the chunk being read. */
  stop(): void {
    this.#dead = true;
  }

  /** Reads the next bytes (in framed mode: one message). Returns those that came after a `stop()`, else none. */
  write(chunk: Buffer): Buffer {
    if (this.#dead) return chunk;
    const heldBefore = this.#decoder.heldBytes;
    const decoder = this.#framed ? new Utf8Decoder() : this.#decoder;
    const decoded = decoder.decode(chunk);
    const { text } = decoded;
    const valid = decoded.valid && !(this.#framed && decoder.heldBytes > 0);
    const stoppedAt = this.#guarded(() =>
      this.#framed ? this.#readMessage(text, valid) : this.#readStream(text),
    );
    if (stoppedAt !== undefined)
      return chunk.subarray(Buffer.byteLength(text.slice(0, stoppedAt)) - heldBefore);
    if (!valid) {
      // RFC 6120 section 11.6: what is not UTF-8 is an encoding that is not supported.
      this.#violate({ condition: 'unsupported-encoding', text: 'There are bytes that are not UTF-8' });
    }
    return nothing;
  }

  #guarded(read: () => number | undefined): number | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof XmlViolationError)) throw error;
      this.#violate({ condition: error.condition, text: error.message });
      return undefined;
    }
  }

  #violate(violation: XmlViolation): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#handlers.onViolation(violation);
  }

  /**
   * Reads up to each end of a tag at a time, so that between two elements it is known what follows. Returns where in the
   * text it was stopped.
   */
  #readStream(text: string): number | undefined {
    let at = 0;
    while (at < text.length) {
      if (this.#state === 'between' || this.#state === 'after-root') at = this.#skipWhitespace(text, at);
      if (at >= text.length || !this.#mayGoOn(text.charAt(at))) return undefined;
      this.#state = 'inside';
      const end = this.#reader.endOfPiece(text, at);
      this.#reader.read(text.slice(at, end));
      at = end;
      if (this.#dead) return at;
    }
    return undefined;
  }

  #skipWhitespace(text: string, start: number): number {
    let at = start;
    while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
    if (at > start && this.#state === 'between') this.#handlers.onWhitespace?.();
    return at;
  }

  #mayGoOn(character: string): boolean {
    if (this.#state === 'after-root') {
      this.#violate({ condition: 'not-well-formed', text: 'There is more after the end of the stream' });
    } else if (this.#state === 'between' && character !== '<') {
      const text = 'There is character data between the elements of the stream';
      this.#violate({ condition: 'bad-format', text });
    } else if (this.#state === 'unbegun' && !'< \t\r\n'.includes(character)) {
      const what =
        character === '\uFEFF' ? 'a zero width no-break space (U+FEFF)' : JSON.stringify(character);
      this.#violate({ condition: 'not-well-formed', text: `The stream begins with ${what}, not with <` });
    }
    return !this.#dead;
  }

  #streamReader(): ElementReader {
    return new ElementReader({
      rootIsHeader: true,
      limits: this.#limits,
      inherited: this.#inherited,
      onHeader: (header) => {
        this.#state = 'between';
        this.#handlers.onHeader(header);
      },
      onElement: (element, facts) => {
        this.#state = 'between';
        this.#handlers.onElement(element, facts);
      },
      onRootEnd: () => {
        this.#state = 'after-root';
        if (!this.#dead) this.#handlers.onEnd();
      },
    });
  }

  /** Reads a whole document; nothing of it is handed over before all of it has been found to be in order. */
  #readMessage(text: string, valid: boolean): undefined {
    if (text.charAt(0) !== '<') {
      const violation = 'A message does not begin with < (RFC 7395 section 3.3.3)';
      this.#violate({ condition: 'not-well-formed', text: violation });
      return;
    }
    this.#messageReader ??= new ElementReader({
      rootIsHeader: false,
      limits: this.#limits,
      onElement: (element, facts) => {
        this.#deliver = () => this.#deliverFramed(element, facts);
      },
    });
    this.#messageReader.readWhole(text);
    if (valid) this.#deliver();
  }

  #deliverFramed(element: XmlElement, facts: ElementFacts): void {
    const { name, namespace, attributes } = element;
    if (element.is('open', namespaces.framing)) {
      this.#handlers.onHeader(new StreamHeader(name, namespace, attributes, facts));
    } else if (element.is('close', namespaces.framing)) this.#handlers.onEnd(element);
    else this.#handlers.onElement(element, facts);
  }
}
