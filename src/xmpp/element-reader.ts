import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';
import { XmlElement } from './element.ts';
import { namespaces } from './namespaces.ts';
import { StreamHeader, type XmlDeclaration } from './stream-header.ts';
import { type XmlLimits, type XmlViolation, XmlViolationError } from './xml-limits.ts';

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

/** Of a reference to a character or an entity, between `&` and `;`. Zeros can make it as long as one likes. */
const longestReference = 64;

/** The entities of XML itself. Without a prototype, lest `&constructor;` be one of them. */
const predefinedEntities: Record<string, string> = Object.assign(Object.create(null), {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
});

/**
 * Builds elements out of the text of one XML document as it comes. Whatever RFC 6120 section 11 forbids, or goes
 * beyond the limits, is thrown as an XmlViolationError; the reader must not be used after it.
 */
export class ElementReader {
  readonly #options: ElementReaderOptions;
  readonly #saxes: SaxesParser<{ xmlns: true }>;
  readonly #open: { element: XmlElement; tag: SaxesTagNS }[] = [];
  /** Closed, but perhaps by the wrong tag: saxes says so only afterwards. */
  #closed: (() => void) | undefined;
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
    this.#saxes = new SaxesParser({
      xmlns: true,
      forceXMLVersion: true,
      defaultXMLVersion: '1.0',
      additionalNamespaces: options.inherited ?? {},
    });
    this.#saxes.ENTITIES = predefinedEntities;
    this.#listen();
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
    this.#saxes.write(text);
    const tag = text.lastIndexOf('<');
    const tagEnd = text.lastIndexOf('>');
    if (tag >= 0 || tagEnd >= 0) this.#endsInTag = tag > tagEnd;
    this.#refuseBareAmpersand();
    const closed = this.#closed;
    if (!closed) return;
    this.#closed = undefined;
    closed();
  }

  /** saxes waits for the `;` of a reference, however far it is: what cannot be a name on the way there is seen here. */
  #refuseBareAmpersand(): void {
    const { entity } = this.#saxes as unknown as { entity?: string };
    if (entity === undefined) return;
    if (entity.length <= longestReference && /^#?[\p{L}\p{N}_:.-]*$/u.test(entity)) return;
    this.#fail({
      condition: 'not-well-formed',
      text: 'The XML is not well-formed: an & that begins no reference',
    });
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
    this.#saxes.close();
    // It has forgotten all but its listeners.
    this.#saxes.ENTITIES = predefinedEntities;
    this.#declaration = undefined;
    this.#endsInTag = false;
    this.#startAnew();
  }

  #listen(): void {
    const saxes = this.#saxes;
    saxes.on('error', (error) => {
      const reason = error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
      // Without a document type nothing can be declared, so it is one that section 11.1 forbids.
      if (reason === 'undefined entity') this.#restricted('a reference to an entity that is not predefined');
      this.#fail({ condition: 'not-well-formed', text: `The XML is not well-formed: ${reason}` });
    });
    saxes.on('xmldecl', (declaration) => {
      this.#declaration = { ...declaration };
      const { encoding } = declaration;
      if (encoding === undefined || encoding.toUpperCase() === 'UTF-8') return;
      this.#fail({
        condition: 'unsupported-encoding',
        text: `The XML declares the encoding ${encoding}, not UTF-8`,
      });
    });
    saxes.on('doctype', () => this.#restricted('a document type declaration'));
    saxes.on('processinginstruction', () => this.#restricted('a processing instruction'));
    saxes.on('comment', () => this.#restricted('a comment'));
    saxes.on('attribute', (attribute) => {
      this.#attributes += 1;
      this.#atMost('attributes', this.#attributes, 'attributes in one element');
      this.#atMost(
        'attributeLength',
        attribute.value.length,
        `characters in the attribute ${attribute.name}`,
      );
    });
    saxes.on('opentagstart', () => {
      this.#attributes = 0;
      this.#inStartTag = true;
      this.#depth += 1;
      this.#atMost('depth', this.#depth, 'elements open at once');
      this.#countNode();
    });
    saxes.on('opentag', (tag) => this.#opened(tag));
    saxes.on('closetag', () => this.#closing());
    saxes.on('text', (text) => this.#text(text));
    saxes.on('cdata', (text) => this.#text(text));
  }

  #opened(tag: SaxesTagNS): void {
    this.#inStartTag = false;
    if (this.#options.rootIsHeader && this.#depth === 1) {
      const header = new StreamHeader(tag.local, tag.uri, attributesOf(tag), {
        prefix: tag.prefix,
        declarations: new Map(Object.entries(tag.ns)),
        declaration: this.#declaration,
      });
      const selfClosing = tag.isSelfClosing;
      this.#startAnew();
      if (selfClosing) this.#options.onHeader?.(header);
      else this.#closed = () => this.#options.onHeader?.(header);
      return;
    }
    this.#noteBorrowed(tag);
    const element = new XmlElement(tag.local, tag.uri, attributesOf(tag), [], tag.prefix);
    this.#open.at(-1)?.element.children.push(element);
    this.#open.push({ element, tag });
  }

  #noteBorrowed(tag: SaxesTagNS): void {
    const used = [tag.prefix, ...Object.values(tag.attributes).map(({ prefix }) => prefix)];
    for (const prefix of used) {
      if (prefix === '' || prefix === 'xml' || prefix === 'xmlns' || prefix in tag.ns) continue;
      if (!this.#open.some((outer) => prefix in outer.tag.ns)) this.#borrowed.add(prefix);
    }
  }

  #closing(): void {
    this.#depth -= 1;
    const closed = this.#open.pop();
    if (!closed) this.#closed = () => this.#options.onRootEnd?.();
    else if (this.#open.length === 0) {
      const { element, tag } = closed;
      const declarations = new Map(Object.entries(tag.ns));
      const facts = {
        prefix: tag.prefix,
        octets: this.#octets,
        nodes: this.#nodes,
        declarations,
        borrowed: this.#borrowed,
      };
      this.#startAnew();
      this.#closed = () => this.#options.onElement(element, facts);
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
    throw new XmlViolationError(violation, this.#saxes.line, this.#saxes.column);
  }
}

function attributesOf(tag: SaxesTagNS): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const attribute of Object.values(tag.attributes)) {
    if (attribute.uri !== namespaces.xmlns) attributes.set(keyOf(attribute), attribute.value);
  }
  return attributes;
}

function keyOf(attribute: SaxesAttributeNS): string {
  if (attribute.prefix === '') return attribute.local;
  return attribute.uri === namespaces.xml ? `xml:${attribute.local}` : `{${attribute.uri}}${attribute.local}`;
}
