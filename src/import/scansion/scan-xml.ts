import { parseFragment, XmlSyntaxError } from '../../xmpp/parse-xml.ts';

/** From one offset up to another. */
export interface Span {
  start: number;
  end: number;
}

/** An attribute as it stands in the text; the span has the white space before it, and the quotes. */
export interface ScannedAttribute extends Span {
  name: string;
  valueStart: number;
  valueEnd: number;
}

/** An element as it stands in the text. */
export interface ScannedElement extends Span {
  name: string;
  attributes: ScannedAttribute[];
  /** Behind the `>` of its start tag. */
  openEnd: number;
  selfClosing: boolean;
  elements: ScannedElement[];
  /** Pieces of character data directly in it, those of CDATA sections without their marks. */
  texts: Span[];
}

export interface ScannedXml {
  elements: ScannedElement[];
  comments: Span[];
}

/** What is wrong with the XML, and where. */
export class ScanError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.name = 'ScanError';
    this.offset = offset;
  }
}

/** No stanza is nested as deep as that. */
const deepest = 200;

/**
 * Finds the elements of an indented part, and where each piece of them stands; only the first is looked at closely.
 * The prefix `scansion` need not be declared. Throws `ScanError` for what is not well-formed.
 */
export function scanXml(text: string): ScannedXml {
  const scanned = new Scanner(text).scan();
  const [first] = scanned.elements;
  if (first) checkWhole(text, first, scanned.comments);
  return scanned;
}

const nameAt = /[^\s<>/='"!?]+/y;
const spaceAt = /\s*/y;

class Scanner {
  readonly #text: string;
  #at = 0;
  readonly #roots: ScannedElement[] = [];
  readonly #open: ScannedElement[] = [];
  readonly #comments: Span[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  scan(): ScannedXml {
    while (this.#at < this.#text.length) {
      const tag = this.#text.indexOf('<', this.#at);
      this.#characters(tag < 0 ? this.#text.length : tag);
      if (tag < 0) break;
      if (this.#text.startsWith('<!--', tag)) this.#comments.push(this.#through('-->', 'comment'));
      else if (this.#text.startsWith('<![CDATA[', tag)) this.#cdata();
      else if (this.#text.startsWith('</', tag)) this.#endTag();
      else this.#startTag();
    }
    const unclosed = this.#open.at(-1);
    if (unclosed) throw new ScanError(`<${unclosed.name}> is not closed`, unclosed.start);
    return { elements: this.#roots, comments: this.#comments };
  }

  #characters(end: number): void {
    const start = this.#at;
    this.#at = end;
    if (start === end) return;
    const parent = this.#open.at(-1);
    if (parent) parent.texts.push({ start, end });
    else {
      const written = this.#text.slice(start, end);
      if (written.trim() === '') return;
      throw new ScanError('this text stands in no element', start + written.search(/\S/));
    }
  }

  /** Moves behind the next such mark. */
  #through(mark: string, what: string): Span {
    const start = this.#at;
    const found = this.#text.indexOf(mark, start + 4);
    if (found < 0) throw new ScanError(`this ${what} has no end`, start);
    this.#at = found + mark.length;
    return { start, end: this.#at };
  }

  #cdata(): void {
    const { start, end } = this.#through(']]>', 'CDATA section');
    const parent = this.#open.at(-1);
    if (!parent) throw new ScanError('this text stands in no element', start);
    parent.texts.push({ start: start + '<![CDATA['.length, end: end - ']]>'.length });
  }

  #endTag(): void {
    const start = this.#at;
    this.#at += 2;
    const name = this.#word(nameAt);
    this.#word(spaceAt);
    const element = this.#open.pop();
    if (!element) throw new ScanError(`</${name}> closes nothing`, start);
    if (element.name !== name) throw new ScanError(`</${name}> stands where <${element.name}> ends`, start);
    if (this.#text[this.#at] !== '>') throw new ScanError('this tag has no >', start);
    this.#at += 1;
    element.end = this.#at;
  }

  #startTag(): void {
    const start = this.#at;
    this.#at += 1;
    const name = this.#word(nameAt);
    if (name === '')
      throw new ScanError('an element begins with < and its name (&lt; is the sign itself)', start);
    const element: ScannedElement = {
      name,
      start,
      end: start,
      attributes: [],
      openEnd: start,
      selfClosing: false,
      elements: [],
      texts: [],
    };
    this.#attributes(element);
    if (this.#open.length >= deepest)
      throw new ScanError(`more than ${deepest} elements are open here`, start);
    (this.#open.at(-1)?.elements ?? this.#roots).push(element);
    element.selfClosing = this.#text[this.#at] === '/';
    this.#at += element.selfClosing ? 2 : 1;
    if (this.#text[this.#at - 1] !== '>') throw new ScanError(`the tag <${name}> has no >`, start);
    element.openEnd = this.#at;
    element.end = this.#at;
    if (!element.selfClosing) this.#open.push(element);
  }

  #attributes(element: ScannedElement): void {
    for (;;) {
      const start = this.#at;
      this.#word(spaceAt);
      const at = this.#at;
      const name = this.#word(nameAt);
      if (name === '') return;
      this.#word(spaceAt);
      const equals = this.#text[this.#at] === '=';
      this.#at += 1;
      this.#word(spaceAt);
      const quote = this.#text[this.#at];
      if (!equals || (quote !== '"' && quote !== "'"))
        throw new ScanError(`${name.slice(0, 60)} has no value in quotes`, at);
      const valueStart = this.#at + 1;
      const valueEnd = this.#text.indexOf(quote, valueStart);
      if (valueEnd < 0) throw new ScanError(`the value of ${name.slice(0, 60)} has no end`, at);
      this.#at = valueEnd + 1;
      element.attributes.push({ name, start, end: this.#at, valueStart, valueEnd });
    }
  }

  #word(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}

/** Has the XML reader of the suites look at it, without what only Scansion knows: blanks keep the places. */
function checkWhole(text: string, element: ScannedElement, comments: readonly Span[]): void {
  const own = attributesBelow(element).filter(({ name }) => name.startsWith('scansion:'));
  const inside = comments.filter(({ start }) => start > element.start && start < element.end);
  let whole = '';
  let at = element.start;
  for (const { start, end } of [...own, ...inside].sort((one, other) => one.start - other.start)) {
    whole += text.slice(at, start) + text.slice(start, end).replace(/[^\n]/g, ' ');
    at = end;
  }
  whole += text.slice(at, element.end);
  try {
    parseFragment(whole, { defaultNamespace: 'jabber:client' });
  } catch (error) {
    if (!(error instanceof XmlSyntaxError)) throw error;
    const lines = whole.split('\n').slice(0, error.line - 1);
    const offset = lines.reduce((sum, line) => sum + line.length + 1, 0) + error.column - 1;
    const message = error.message.replace(/^line \d+, column \d+: /, '');
    throw new ScanError(message, element.start + Math.min(offset, whole.length));
  }
}

/** The attributes of an element and of all in it, in the order in which they stand. */
export function attributesBelow(element: ScannedElement): ScannedAttribute[] {
  return [...element.attributes, ...element.elements.flatMap(attributesBelow)];
}
