import { OctetCollector } from './octet-collector.ts';

/** What of a message is its first line and header fields may be so long, in octets, and so many. */
export interface HeadLimits {
  octets: number;
  fields: number;
}

export const defaultHeadLimits: HeadLimits = { octets: 64 * 1_024, fields: 200 };

/** The head of an HTTP/1 message is not one, or is beyond the limits. */
export class HeadError extends Error {
  /** It is too long (431, or 414 for the first line of a request), not malformed (400). */
  readonly tooLarge: boolean;
  readonly inFirstLine: boolean;
  constructor(text: string, tooLong?: 'head' | 'first line') {
    super(text);
    this.name = 'HeadError';
    this.tooLarge = tooLong !== undefined;
    this.inFirstLine = tooLong === 'first line';
  }
}

export interface Head {
  firstLine: string;
  /** In order, as they were written but for white space around values. */
  headers: [name: string, value: string][];
  /** What came after the empty line. */
  rest: Buffer;
}

/** RFC 9110 section 5.6.2. */
export const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/** None of white space and line ends. */
const controlCharacter = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/g;

/** What is refused in the lines of a head, by name, so that a fault can pass one over. */
export type HeadCheck = 'control-characters' | 'bare-cr' | 'white-space-before-colon' | 'field-line';

export interface HeadReading {
  /** What a head begins with; anything else is refused at once, with what came instead. */
  beginsWith?: string;
  /** An empty line may come first, as a server should have it (RFC 9112 section 2.2). */
  emptyLineFirst?(): boolean;
  /** Asked for each head anew. */
  passesOver?(check: HeadCheck): boolean;
}

/** Collects octets up to the empty line that ends a head (RFC 9112 section 2). */
export class HeadReader {
  readonly #limits: HeadLimits;
  readonly #reading: HeadReading;
  readonly #octets = new OctetCollector();

  constructor(limits: Partial<HeadLimits> = {}, reading: HeadReading = {}) {
    this.#limits = { ...defaultHeadLimits, ...limits };
    this.#reading = reading;
  }

  /** So many octets of a head have come whose end has not. */
  get begun(): number {
    return this.#octets.length;
  }

  #skips(check: HeadCheck): boolean {
    return this.#reading.passesOver?.(check) ?? false;
  }

  /** The head once it is whole, else undefined; begins anew with either. Throws `HeadError`. */
  write(chunk: Buffer): Head | undefined {
    const from = Math.max(0, this.#octets.length - 3);
    const { octets: most } = this.#limits;
    // A whole head is not copied: what comes after it may be a great many others.
    const octets = this.#octets.length === 0 ? chunk : this.#together(chunk);
    if (from === 0) this.#refuseOtherBeginnings(octets);
    const end = octets.indexOf('\r\n\r\n', from, 'latin1');
    this.#refuseBareLineFeeds(octets, from, end < 0 ? octets.length : end);
    if (end < 0 && octets.length <= most) {
      if (this.#octets.length === 0) this.#octets.add(chunk);
      return undefined;
    }
    this.#octets.take();
    if (end < 0 || end > most)
      throw new HeadError(
        `the head of the message is longer than ${most} octets`,
        octets.subarray(0, most).includes('\r\n') ? 'head' : 'first line',
      );
    return this.#parse(octets.toString('latin1', 0, end), octets.subarray(end + 4));
  }

  #together(chunk: Buffer): Buffer {
    this.#octets.add(chunk);
    return this.#octets.view();
  }

  #refuseOtherBeginnings(octets: Buffer): void {
    const { beginsWith = '' } = this.#reading;
    const beginning = octets.toString('latin1', 0, beginsWith.length);
    if (beginsWith.startsWith(beginning)) return;
    this.#octets.take();
    const came = JSON.stringify(octets.toString('latin1', 0, 40));
    throw new HeadError(`the head begins with ${came}, where ${beginsWith} was to come`);
  }

  /** Whoever ends lines with LF alone would otherwise be waited for until the limit. */
  #refuseBareLineFeeds(octets: Buffer, from: number, to: number): void {
    for (let at = octets.indexOf(lineFeed, from); at >= 0 && at < to; at = octets.indexOf(lineFeed, at + 1)) {
      if (octets[at - 1] === carriageReturn) continue;
      this.#octets.take();
      throw new HeadError('a line of the head ends with LF alone; lines of HTTP end with CR LF');
    }
  }

  #parse(text: string, rest: Buffer): Head {
    const begun = this.#reading.emptyLineFirst?.() && text.startsWith('\r\n') ? text.slice(2) : text;
    const clean = this.#skips('control-characters') ? begun.replace(controlCharacter, '') : begun;
    const [firstLine = '', ...lines] = clean.split(this.#skips('bare-cr') ? /\r\n?/ : '\r\n');
    if (lines.length > this.#limits.fields)
      throw new HeadError(`the message has more than ${this.#limits.fields} header fields`, 'head');
    const headers = lines.flatMap((line) => this.#field(line));
    return { firstLine, headers, rest };
  }

  /** One field, or none where a line is passed over. */
  #field(line: string): [string, string][] {
    const colon = line.indexOf(':');
    const written = line.slice(0, Math.max(0, colon));
    const name = this.#skips('white-space-before-colon') ? written.trimEnd() : written;
    const value = line.slice(colon + 1);
    // Folded lines and white space before the colon are refused (RFC 9112 sections 5.1 and 5.2).
    if (!token.test(name)) {
      if (this.#skips('field-line')) return [];
      throw new HeadError(`this is no header field: ${JSON.stringify(line.slice(0, 80))}`);
    }
    if (/[\0-\x08\x0a-\x1f\x7f]/.test(value))
      throw new HeadError(`the header field ${name} holds a control character`);
    return [[name, withoutMargins(value)]];
  }
}

/** Without spaces and tabs at its ends: other white space is part of a value (RFC 9110 section 5.6.3). */
function withoutMargins(value: string): string {
  const isMargin = (at: number) => value[at] === ' ' || value[at] === '\t';
  let [from, to] = [0, value.length];
  while (from < to && isMargin(from)) from++;
  while (to > from && isMargin(to - 1)) to--;
  return value.slice(from, to);
}

/** The values of all header fields of that name, in whatever case it was written. */
export function valuesOf(headers: readonly (readonly [string, string])[], name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter(([field]) => field.toLowerCase() === wanted).map(([, value]) => value);
}

/** The elements of comma-separated header fields. */
export function listOf(headers: readonly (readonly [string, string])[], name: string): string[] {
  return valuesOf(headers, name).flatMap((value) =>
    value
      .split(',')
      .map(withoutMargins)
      .filter((one) => one !== ''),
  );
}
