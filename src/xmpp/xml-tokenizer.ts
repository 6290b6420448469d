import {
  characterOf,
  declarationOf,
  longestReference,
  nameRest,
  referenceRest,
  type XmlDeclaration,
} from './xml-characters.ts';
import { whitespace, XmlCursor } from './xml-cursor.ts';
import { clipped, resolveTag, type Tag, type WrittenTag } from './xml-names.ts';

export type { XmlDeclaration } from './xml-characters.ts';
export type { Tag } from './xml-names.ts';

export interface TokenHandlers {
  onDeclaration(declaration: XmlDeclaration): void;
  /** The name of a start tag has been read. */
  onTagStart(): void;
  /** An attribute has been read, as it is written. */
  onAttribute(name: string, value: string): void;
  /** A start tag is over; where it closes itself, `onClose` follows. */
  onOpen(tag: Tag): void;
  onClose(): void;
  /** Character data, also from CDATA: one text may come in several pieces. White space outside of the root too. */
  onText(text: string): void;
  /** What is not well-formed. It must throw, and the tokenizer must not be used after it. */
  onMalformed(reason: string): never;
  /** What XML knows and XMPP forbids (RFC 6120 section 11.1), as soon as it begins. As `onMalformed`. */
  onRestricted(what: string): never;
}

/** What is being read: where the next character belongs. */
type State =
  | 'text'
  | 'markup'
  | 'exclamation'
  | 'instruction'
  | 'declaration'
  | 'cdata'
  | 'reference'
  | 'start tag'
  | 'in tag'
  | 'slash'
  | 'attribute'
  | 'equals'
  | 'before value'
  | 'value'
  | 'end tag'
  | 'after end tag';

const plainText = /[^<&]*/y;
const untilTagEnd = /[^>]*/y;
const plainValue = { '"': /[^"<&\t\n]*/y, "'": /[^'<&\t\n]*/y };

const cdataStart = '[CDATA[';
const markups = [cdataStart, '--', 'DOCTYPE'];

/**
 * Cuts the text of one XML document, which comes in pieces of any size, into tags and character data. It accepts what XML
 * 1.0 calls well-formed and Namespaces in XML 1.0 namespace-well-formed; comments, processing instructions and document
 * types it refuses where they begin, so that nothing of them is kept. Each character is looked at once, however the text is
 * sliced.
 */
export class XmlTokenizer {
  readonly #handlers: TokenHandlers;
  readonly #inherited: Readonly<Record<string, string>>;
  readonly #cursor = new XmlCursor();
  #state: State = 'text';
  readonly #open: Tag[] = [];
  /** Nothing has been read yet: an XML declaration may come. */
  #isUnbegun = true;
  #rootIsClosed = false;
  /** What has been read of the token that is being read. */
  #name = '';
  #value = '';
  #quote: '"' | "'" = '"';
  #tag: WrittenTag = { name: '', attributes: [] };
  #isSpaced = false;
  /** Where a reference stands. */
  #outside: 'text' | 'value' = 'text';
  /** The brackets at the end of what was read, which may begin a `]]>`. */
  #brackets = '';
  /** `inherited` are namespaces known without a declaration, by prefix; the default one under the empty prefix. */
  constructor(handlers: TokenHandlers, inherited: Readonly<Record<string, string>> = {}) {
    this.#handlers = handlers;
    this.#inherited = inherited;
  }

  /** Where the last character stands that was read; see `XmlCursor`. */
  get position(): { line: number; column: number } {
    return this.#cursor.position;
  }

  /** Reads the next characters. */
  write(piece: string): void {
    const isSound = this.#cursor.add(piece);
    while (!this.#cursor.isAtEnd) this.#step();
    if (!isSound) this.#malformed('a character that XML does not know');
  }

  /** No more text will come; another document may. */
  end(): void {
    if (!this.#rootIsClosed || this.#state !== 'text')
      this.#malformed('it ends before its root element does');
    this.#isUnbegun = true;
    this.#rootIsClosed = false;
    this.#cursor.reset();
  }

  #malformed(reason: string): never {
    return this.#handlers.onMalformed(reason);
  }

  #step(): void {
    switch (this.#state) {
      case 'text':
        return this.#readText();
      case 'markup':
        return this.#readMarkup();
      case 'exclamation':
        return this.#readExclamation();
      case 'instruction':
        return this.#readInstruction();
      case 'declaration':
        return this.#readDeclaration();
      case 'cdata':
        return this.#readCdata();
      case 'reference':
        return this.#readReference();
      case 'start tag':
        return this.#readStartTag();
      case 'in tag':
        return this.#readInTag();
      case 'slash':
        return this.#readSlash();
      case 'attribute':
        return this.#readAttribute();
      case 'equals':
        return this.#readEquals();
      case 'before value':
        return this.#readBeforeValue();
      case 'value':
        return this.#readValue();
      case 'end tag':
        return this.#readEndTag();
      case 'after end tag':
        return this.#readAfterEndTag();
    }
  }

  /** Adds to the name what belongs to it. Whether it is over. */
  #takeName(): boolean {
    this.#name += this.#cursor.take(nameRest);
    return !this.#cursor.isAtEnd;
  }

  #takeNameFrom(state: State): void {
    this.#name = '';
    this.#state = state;
  }

  #readText(): void {
    const text = this.#cursor.take(plainText);
    if (this.#open.length === 0) this.#checkOutside(text);
    else this.#checkBrackets(text);
    if (text !== '') this.#handlers.onText(text);
    const next = this.#cursor.peek();
    if (next === '') return;
    this.#cursor.skip();
    this.#brackets = '';
    if (next === '<') this.#state = 'markup';
    else this.#beginReference('text');
  }

  #checkOutside(text: string): void {
    if (text === '') return;
    this.#isUnbegun = false;
    if (!/^[ \t\n]*$/.test(text)) this.#malformed('there is text outside of its root element');
  }

  #checkBrackets(text: string): void {
    if (this.#brackets === '' && !text.includes(']')) return;
    const seen = this.#brackets + text;
    if (seen.includes(']]>')) this.#malformed(']]> stands in character data');
    this.#brackets = bracketsAtTheEnd(seen);
  }

  #readMarkup(): void {
    const next = this.#cursor.peek();
    if (next !== '?') this.#isUnbegun = false;
    if (next === '/') this.#takeNameFrom('end tag');
    else if (next === '!') this.#takeNameFrom('exclamation');
    else if (next === '?') this.#takeNameFrom('instruction');
    else if (this.#cursor.isAtName()) return this.#takeNameFrom('start tag');
    else this.#fail('a < that begins no tag');
    this.#cursor.skip();
  }

  /** Says what is wrong with the next character, which counts as read. */
  #fail(reason: string): never {
    this.#cursor.skip();
    return this.#malformed(reason);
  }

  #readExclamation(): void {
    this.#name += this.#cursor.peek();
    this.#cursor.skip();
    if (!markups.some((one) => one.startsWith(this.#name))) this.#malformed('a <! that begins nothing');
    if (this.#name === '--') this.#handlers.onRestricted('a comment');
    if (this.#name === 'DOCTYPE') this.#handlers.onRestricted('a document type declaration');
    if (this.#name !== cdataStart) return;
    if (this.#open.length === 0) this.#malformed('there is text outside of its root element');
    this.#state = 'cdata';
  }

  #readInstruction(): void {
    if (this.#name === '' && !this.#cursor.isAtName()) this.#fail('a <? that begins nothing');
    if (!this.#takeName()) return;
    if (!'? \t\n'.includes(this.#cursor.peek())) this.#fail('a name that does not end with white space');
    if (this.#name.toLowerCase() !== 'xml') this.#handlers.onRestricted('a processing instruction');
    if (!this.#isUnbegun || this.#name !== 'xml')
      this.#malformed('an XML declaration that is not its beginning');
    this.#takeNameFrom('declaration');
  }

  #readDeclaration(): void {
    this.#name += this.#cursor.take(untilTagEnd);
    if (this.#cursor.isAtEnd) return;
    this.#cursor.skip();
    const said = declarationOf(this.#name) ?? this.#malformed('its XML declaration is none');
    this.#isUnbegun = false;
    this.#state = 'text';
    this.#handlers.onDeclaration(said);
  }

  #readCdata(): void {
    const seen = this.#brackets + this.#cursor.takeAll();
    const end = seen.indexOf(']]>');
    this.#brackets = end < 0 ? bracketsAtTheEnd(seen) : '';
    const text = seen.slice(0, end < 0 ? seen.length - this.#brackets.length : end);
    if (end >= 0) this.#cursor.goBack(seen.length - end - 3);
    if (end >= 0) this.#state = 'text';
    if (text !== '') this.#handlers.onText(text);
  }

  #beginReference(where: 'text' | 'value'): void {
    if (where === 'text' && this.#open.length === 0)
      this.#malformed('there is text outside of its root element');
    this.#outside = where;
    this.#takeNameFrom('reference');
  }

  #readReference(): void {
    this.#name += this.#cursor.take(referenceRest);
    const next = this.#cursor.peek();
    if (next === '' && this.#name.length <= longestReference) return;
    if (next !== ';' || this.#name.length > longestReference) this.#fail('an & that begins no reference');
    this.#cursor.skip();
    const character = characterOf(this.#name);
    // Without a document type none can be declared, so it is one that section 11.1 forbids.
    if (character === 'undeclared')
      this.#handlers.onRestricted('a reference to an entity that is not predefined');
    if (character === undefined) this.#malformed('a reference to no character');
    this.#state = this.#outside;
    if (this.#outside === 'value') this.#value += character;
    else this.#handlers.onText(character);
  }

  #readStartTag(): void {
    if (!this.#takeName()) return;
    if (this.#rootIsClosed) this.#malformed('there is more than one root element');
    this.#tag = { name: this.#name, attributes: [] };
    this.#isSpaced = false;
    this.#state = 'in tag';
    this.#handlers.onTagStart();
  }

  #readInTag(): void {
    if (this.#cursor.take(whitespace) !== '') this.#isSpaced = true;
    const next = this.#cursor.peek();
    if (next === '') return;
    if (this.#cursor.isAtName()) {
      if (!this.#isSpaced) this.#fail('there is no white space between two attributes');
      return this.#takeNameFrom('attribute');
    }
    this.#cursor.skip();
    if (next === '>') this.#opened(false);
    else if (next === '/') this.#state = 'slash';
    else this.#malformed(`a ${next} inside of a tag`);
  }

  #readSlash(): void {
    const next = this.#cursor.peek();
    this.#cursor.skip();
    if (next !== '>') this.#malformed('a / inside of a tag');
    this.#opened(true);
  }

  #opened(closesItself: boolean): void {
    this.#state = 'text';
    const tag = resolveTag(this.#tag, this.#declared, this.#refuse);
    this.#open.push(tag);
    this.#handlers.onOpen(tag);
    if (closesItself) this.#closed();
  }

  readonly #refuse = (reason: string) => this.#malformed(reason);

  /** The namespace that the prefix means inside of the elements that are open. */
  readonly #declared = (prefix: string): string | undefined => {
    for (let depth = this.#open.length - 1; depth >= 0; depth--) {
      const namespace = this.#open[depth]?.declarations.get(prefix);
      if (namespace !== undefined) return namespace;
    }
    return Object.hasOwn(this.#inherited, prefix) ? this.#inherited[prefix] : undefined;
  };

  #readAttribute(): void {
    if (this.#takeName()) this.#state = 'equals';
  }

  #readEquals(): void {
    const next = this.#cursor.afterWhitespace();
    if (next === '') return;
    if (next !== '=') this.#malformed(`the attribute ${clipped(this.#name)} has no value`);
    this.#state = 'before value';
  }

  #readBeforeValue(): void {
    const next = this.#cursor.afterWhitespace();
    if (next === '') return;
    if (next !== '"' && next !== "'") this.#malformed(`the value of ${clipped(this.#name)} is not in quotes`);
    else this.#quote = next;
    this.#value = '';
    this.#tag.attributes.push({ name: this.#name, value: '' });
    this.#state = 'value';
  }

  #readValue(): void {
    this.#value += this.#cursor.take(plainValue[this.#quote]);
    const next = this.#cursor.peek();
    if (next === '') return;
    this.#cursor.skip();
    if (next === '<') this.#malformed('a < in the value of an attribute');
    // XML 1.0 section 3.3.3.
    else if (next === '\t' || next === '\n') this.#value += ' ';
    else if (next === '&') this.#beginReference('value');
    else this.#endAttribute();
  }

  #endAttribute(): void {
    const attribute = this.#tag.attributes.at(-1);
    if (!attribute) return;
    attribute.value = this.#value;
    this.#isSpaced = false;
    this.#state = 'in tag';
    this.#handlers.onAttribute(attribute.name, attribute.value);
  }

  #readEndTag(): void {
    if (this.#takeName()) this.#state = 'after end tag';
  }

  #readAfterEndTag(): void {
    const next = this.#cursor.afterWhitespace();
    if (next === '') return;
    if (next !== '>') this.#malformed(`a ${next} in an end tag`);
    const { name } = this.#open.at(-1) ?? {};
    if (name === undefined) this.#malformed(`</${clipped(this.#name)}> closes nothing`);
    if (name !== this.#name)
      this.#malformed(`</${clipped(this.#name)}> stands where </${clipped(name)}> belongs`);
    this.#state = 'text';
    this.#closed();
  }

  #closed(): void {
    this.#open.pop();
    if (this.#open.length === 0) this.#rootIsClosed = true;
    this.#handlers.onClose();
  }
}

/** Those that may be part of a `]]>` which goes on with what comes next. */
function bracketsAtTheEnd(text: string): string {
  if (text.endsWith(']]')) return ']]';
  return text.endsWith(']') ? ']' : '';
}
