import { XmlElement } from './element.ts';
import { StreamHeader } from './stream-header.ts';
import { type XmlLimits, type XmlViolation, XmlViolationError } from './xml-limits.ts';
import { clipped } from './xml-names.ts';
import { type Tag, type XmlDeclaration, XmlTokenizer } from './xml-tokenizer.ts';

/** What is known of a top-level element beside the element itself. */
export interface ElementFacts {
  /** The prefix that its name was written with; empty without one. */
  prefix: string;
  /** Octets from its first `<` to its last `>`. */
  octets: number;
  /** Elements and pieces of text, at any depth, itself among them. */
  nodes: number;
  /** Namespaces declared on it, by prefix, the default namespace under the empty one. */
  declarations: ReadonlyMap<string, string>;
  /** Prefixes that it uses and that are declared outside of it, in the header of its stream. */
  borrowed: ReadonlySet<string>;
}

export interface ElementReaderOptions {
  /** Whether the root is a stream header, its children the elements wanted; else the root is wanted whole. */
  rootIsHeader: boolean;
  limits: XmlLimits;
  /** Namespaces known without a declaration, by prefix; the one of names without a prefix under the empty one. */
  inherited?: Record<string, string>;
  onHeader?(header: StreamHeader): void;
  onElement(element: XmlElement, facts: ElementFacts): void;
  /** The root has been closed. */
  onRootEnd?(): void;
}

/**
 * Builds elements out of the text of one XML document as it comes. Whatever RFC 6120 section 11 forbids, or goes
 * beyond the limits, is thrown as an XmlViolationError; the reader must not be used after it.
 */
export class ElementReader {
  readonly #options: ElementReaderOptions;
  readonly #tokenizer: XmlTokenizer;
  readonly #open: { element: XmlElement; tag: Tag }[] = [];
  #depth = 0;
  #octets = 0;
  #nodes = 0;
  #attributes = 0;
  #borrowed = new Set<string>();
  /** A start tag has begun, and is not over. */
  #inStartTag = false;
  /** What was read last ends with a `<` and no `>` after it. */
  #endsInTag = false;
  #declaration: XmlDeclaration | undefined;

  constructor(options: ElementReaderOptions) {
    this.#options = options;
    this.#tokenizer = this.#newTokenizer();
  }

  /**
   * How far `read` may be given text at once: through the next `>` that may end a tag, or to the end. In character
   * data inside an element, none does before the next `<`.
   */
  endOfPiece(text: string, start: number): number {
    const inText = this.#open.length > 0 && !this.#inStartTag && !this.#endsInTag;
    const tag = inText ? text.indexOf('<', start) : start;
    const tagEnd = tag < 0 ? -1 : text.indexOf('>', tag);
    return tagEnd < 0 ? text.length : tagEnd + 1;
  }

  /** Takes the next characters, as far as `endOfPiece` says. Throws XmlViolationError. */
  read(text: string): void {
    this.#octets += Buffer.byteLength(text);
    this.#atMost('octets', this.#octets, 'octets in one element');
    this.#tokenizer.write(text);
    const tag = text.lastIndexOf('<');
    const tagEnd = text.lastIndexOf('>');
    if (tag >= 0 || tagEnd >= 0) this.#endsInTag = tag > tagEnd;
  }

  /** Reads the whole of a document; the reader is ready for another one then. Throws XmlViolationError. */
  readWhole(text: string): void {
    for (let at = 0; at < text.length; ) {
      const end = this.endOfPiece(text, at);
      this.read(text.slice(at, end));
      at = end;
    }
    this.end();
  }

  /** No more text will come. Throws XmlViolationError where the root is not complete. */
  end(): void {
    this.#tokenizer.end();
    this.#declaration = undefined;
    this.#endsInTag = false;
    this.#startAnew();
  }

  #newTokenizer(): XmlTokenizer {
    return new XmlTokenizer(
      {
        onDeclaration: (declaration) => this.#declared(declaration),
        onTagStart: () => this.#tagStarted(),
        onAttribute: (name, value) => this.#attribute(name, value),
        onOpen: (tag) => this.#opened(tag),
        onClose: () => this.#closed(),
        onText: (text) => this.#text(text),
        onMalformed: (reason) =>
          this.#fail({ condition: 'not-well-formed', text: `The XML is not well-formed: ${reason}` }),
        onRestricted: (what) => this.#restricted(what),
      },
      this.#options.inherited,
    );
  }

  #declared(declaration: XmlDeclaration): void {
    this.#declaration = declaration;
    const { encoding } = declaration;
    if (encoding === undefined || encoding.toUpperCase() === 'UTF-8') return;
    this.#fail({
      condition: 'unsupported-encoding',
      text: `The XML declares the encoding ${encoding}, not UTF-8`,
    });
  }

  #tagStarted(): void {
    this.#attributes = 0;
    this.#inStartTag = true;
    this.#depth += 1;
    this.#atMost('depth', this.#depth, 'elements open at once');
    this.#countNode();
  }

  #attribute(name: string, value: string): void {
    this.#attributes += 1;
    this.#atMost('attributes', this.#attributes, 'attributes in one element');
    this.#atMost('attributeLength', value.length, `characters in the attribute ${clipped(name)}`);
  }

  #opened(tag: Tag): void {
    this.#inStartTag = false;
    if (this.#options.rootIsHeader && this.#depth === 1) {
      const { prefix, declarations } = tag;
      const facts = { prefix, declarations, declaration: this.#declaration };
      this.#startAnew();
      this.#options.onHeader?.(new StreamHeader(tag.local, tag.namespace, tag.attributes, facts));
      return;
    }
    this.#noteBorrowed(tag);
    const element = new XmlElement(tag.local, tag.namespace, tag.attributes, [], tag.prefix);
    this.#open.at(-1)?.element.children.push(element);
    this.#open.push({ element, tag });
  }

  #noteBorrowed({ prefixes, declarations }: Tag): void {
    for (const prefix of prefixes) {
      if (declarations.has(prefix) || this.#open.some((outer) => outer.tag.declarations.has(prefix)))
        continue;
      this.#borrowed.add(prefix);
    }
  }

  #closed(): void {
    this.#depth -= 1;
    const closed = this.#open.pop();
    if (!closed) this.#options.onRootEnd?.();
    else if (this.#open.length === 0) {
      const { element, tag } = closed;
      const facts = {
        prefix: tag.prefix,
        octets: this.#octets,
        nodes: this.#nodes,
        declarations: tag.declarations,
        borrowed: this.#borrowed,
      };
      this.#startAnew();
      this.#options.onElement(element, facts);
    }
  }

  #text(text: string): void {
    const parent = this.#open.at(-1)?.element;
    if (!parent) {
      if (this.#depth === 0 || /^[ \t\r\n]*$/.test(text)) return;
      this.#fail({
        condition: 'bad-format',
        text: 'There is character data between the elements of the stream',
      });
    }
    const last = parent.children.length - 1;
    const before = parent.children[last];
    if (typeof before === 'string') parent.children[last] = before + text;
    else {
      this.#countNode();
      parent.children.push(text);
    }
  }

  #startAnew(): void {
    this.#borrowed = new Set();
    this.#octets = 0;
    this.#nodes = 0;
  }

  #countNode(): void {
    this.#nodes += 1;
    this.#atMost('nodes', this.#nodes, 'elements and texts in one element');
  }

  #atMost(limit: keyof XmlLimits, count: number, what: string): void {
    const most = this.#options.limits[limit];
    if (count <= most) return;
    this.#fail({
      condition: 'policy-violation',
      text: `There are ${count} ${what}; at most ${most} are taken`,
    });
  }

  #restricted(what: string): never {
    this.#fail({
      condition: 'restricted-xml',
      text: `There is ${what}, which XMPP forbids (RFC 6120 section 11.1)`,
    });
  }

  #fail(violation: XmlViolation): never {
    const { line, column } = this.#tokenizer.position;
    throw new XmlViolationError(violation, line, column);
  }
}
