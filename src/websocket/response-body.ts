import { type Head, listOf, valuesOf } from './http-head.ts';

/** The body of a response, as far as it is framed well (RFC 9112 section 6.3). */
export interface ResponseBody {
  /** How its end is told: there is none, by Content-Length, by chunks, or by the end of the connection. */
  framing: 'none' | 'length' | 'chunked' | 'end';
  /** How many octets of it came. */
  octets: number;
  /** What is wrong with it, where something is. */
  problem?: string;
}

/** A line that says the size of a chunk, or a trailer field, may be so long, in octets. */
const longestLine = 8 * 1_024;

/** Finds the end of a body and keeps none of it. */
export class ResponseBodyReader {
  readonly #body: ResponseBody;
  /** So many octets are still to come: of the body, or of the chunk with its CR LF. */
  #due = 0;
  #line = '';
  #inTrailer = false;
  #whole = false;

  /** The answer to HEAD has no body, whatever its header fields say. */
  constructor(status: number, { headers }: Head, { toHead = false } = {}) {
    this.#body = { framing: 'none', octets: 0 };
    const lengths = valuesOf(headers, 'Content-Length');
    const codings = listOf(headers, 'Transfer-Encoding');
    if (lengths.some((length) => !/^\d{1,15}$/.test(length)))
      this.#fail(`Content-Length is ${JSON.stringify(lengths.join(', ').slice(0, 80))}`);
    else if (new Set(lengths).size > 1) this.#fail('there are several Content-Length fields');
    else if (lengths.length > 0 && codings.length > 0)
      this.#fail('there is a Content-Length beside Transfer-Encoding');
    else if (toHead || status === 204 || status === 304) this.#whole = true;
    else if (codings.at(-1)?.toLowerCase() === 'chunked') this.#body.framing = 'chunked';
    else if (lengths.length > 0 && codings.length === 0) this.#expect(Number(lengths[0]));
    else this.#body.framing = 'end';
  }

  /** The body, once nothing more of it can come. */
  get body(): ResponseBody | undefined {
    return this.#whole ? this.#body : undefined;
  }

  /** Returns what comes after the body. */
  write(octets: Buffer): Buffer {
    if (this.#whole) return octets;
    if (this.#body.framing === 'chunked') return this.#readChunks(octets);
    this.#body.octets += octets.length;
    if (this.#body.framing === 'end') return Buffer.alloc(0);
    const taken = octets.subarray(0, this.#due);
    this.#body.octets += taken.length - octets.length;
    this.#due -= taken.length;
    this.#whole = this.#due === 0;
    return octets.subarray(taken.length);
  }

  /** The connection is at its end. */
  end(): void {
    if (this.#whole) return;
    if (this.#body.framing === 'end') this.#whole = true;
    else if (this.#body.framing === 'length')
      this.#fail(`the connection ended while ${this.#due} octets of the body were to come`);
    else this.#fail('the connection ended before the last chunk of the body');
  }

  #expect(length: number): void {
    this.#body.framing = 'length';
    this.#due = length;
    this.#whole = length === 0;
  }

  #fail(problem: string): void {
    this.#body.problem = problem;
    this.#whole = true;
  }

  /** RFC 9112 section 7.1: size in hexadecimal, octets, CR LF; after the chunk of no octets the trailer. */
  #readChunks(octets: Buffer): Buffer {
    let rest = octets;
    while (rest.length > 0 && !this.#whole) {
      if (this.#due > 0) {
        const taken = Math.min(this.#due, rest.length);
        this.#due -= taken;
        this.#body.octets += taken;
        rest = rest.subarray(taken);
        continue;
      }
      const end = rest.indexOf('\n');
      this.#line += rest.toString('latin1', 0, end < 0 ? rest.length : end + 1);
      rest = end < 0 ? Buffer.alloc(0) : rest.subarray(end + 1);
      if (this.#line.length > longestLine) this.#fail('a line between the chunks of the body is too long');
      else if (end >= 0) this.#takeLine();
    }
    return rest;
  }

  #takeLine(): void {
    const line = this.#line.replace(/\r?\n$/, '');
    this.#line = '';
    if (this.#inTrailer) {
      this.#whole = line === '';
      return;
    }
    const size = /^[0-9a-f]{1,12}(?=$|[ \t;])/i.exec(line)?.[0];
    if (size === undefined) this.#fail(`this is no size of a chunk: ${JSON.stringify(line.slice(0, 80))}`);
    else if (Number.parseInt(size, 16) === 0) this.#inTrailer = true;
    else this.#due = Number.parseInt(size, 16) + 2;
  }
}
