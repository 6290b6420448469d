import { nameStart, noCharacter } from './xml-characters.ts';

export const whitespace = /[ \t\n]*/y;

/** The text of a document as it comes, and how far it has been read. */
export class XmlCursor {
  #text = '';
  #at = 0;
  /** Where the text that is here begins in the document. */
  #line = 1;
  #column = 0;
  /** The last piece ended with a carriage return. */
  #afterReturn = false;

  /** Where the last character stands that was read: lines count from 1, and columns too (0 before the first character). */
  get position(): { line: number; column: number } {
    const read = this.#text.slice(0, this.#at);
    const lineEnd = read.lastIndexOf('\n');
    if (lineEnd < 0) return { line: this.#line, column: this.#column + read.length };
    return { line: this.#line + read.split('\n').length - 1, column: read.length - lineEnd - 1 };
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Goes on with the next piece; all before it has been read. False where it is cut off before what is no character of XML. */
  add(piece: string): boolean {
    const { line, column } = this.position;
    this.#line = line;
    this.#column = column;
    const text = this.#withoutReturns(piece);
    const bad = text.search(noCharacter);
    this.#text = bad < 0 ? text : text.slice(0, bad);
    this.#at = 0;
    return bad < 0;
  }

  /** Another document begins. */
  reset(): void {
    this.#text = '';
    this.#at = 0;
    this.#line = 1;
    this.#column = 0;
    this.#afterReturn = false;
  }

  /** As much as the pattern, which is sticky, matches from here on. */
  take(pattern: RegExp): string {
    const from = this.#at;
    pattern.lastIndex = from;
    pattern.test(this.#text);
    this.#at = pattern.lastIndex;
    return this.#text.slice(from, this.#at);
  }

  /** The next character; empty where the text is over. */
  peek(): string {
    return this.#text.charAt(this.#at);
  }

  isAtName(): boolean {
    const code = this.#text.charCodeAt(this.#at) | 0x20;
    if (code >= 0x61 && code <= 0x7a) return true;
    nameStart.lastIndex = this.#at;
    return nameStart.test(this.#text);
  }

  skip(): void {
    this.#at += 1;
  }

  /** All that is here. */
  takeAll(): string {
    const rest = this.#text.slice(this.#at);
    this.#at = this.#text.length;
    return rest;
  }

  /** So many characters count as not read. */
  goBack(count: number): void {
    this.#at -= count;
  }

  /** Reads white space, and the character behind it; empty where the text ends before. */
  afterWhitespace(): string {
    this.take(whitespace);
    const next = this.peek();
    this.#at += next.length;
    return next;
  }

  /** XML 1.0 section 2.11: every end of a line is one line feed. */
  #withoutReturns(piece: string): string {
    if (!this.#afterReturn && !piece.includes('\r')) return piece;
    const text = this.#afterReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
    if (piece !== '') this.#afterReturn = piece.endsWith('\r');
    return text.replace(/\r\n?/g, '\n');
  }
}
