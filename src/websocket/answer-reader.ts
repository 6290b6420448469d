import { type HandshakeResponse, readResponse } from './handshake.ts';
import { type Head, HeadError, HeadReader } from './http-head.ts';
import { type ResponseBody, ResponseBodyReader } from './response-body.ts';

export interface AnswerListener {
  onResponse(response: HandshakeResponse, head: Head): void;
  /** Follows its response, unless that is 101 or the connection is reset before the end of the body. */
  onBody(body: ResponseBody): void;
}

/** What interim answers hold may be so much in all, in octets. */
const mostInterim = 1_048_576;
/** What an answer without header fields has, about, in octets. */
const shortestAnswer = 20;

/** Reads what a server answers to handshakes: responses, each with its body, until one is 101. */
export class AnswerReader {
  readonly #listener: AnswerListener;
  readonly #head = new HeadReader({}, { beginsWith: 'HTTP/' });
  #body: ResponseBodyReader | undefined;
  /** How the first request begins: the answer to HEAD has no body (RFC 9110 section 9.3.2). */
  #asked = '';
  #answers = 0;
  #interimOctets = 0;
  #over = false;

  constructor(listener: AnswerListener) {
    this.#listener = listener;
  }

  /** Octets that were sent, in order. */
  sent(octets: Buffer): void {
    if (this.#asked.length < 5) this.#asked += octets.toString('latin1', 0, 5 - this.#asked.length);
  }

  /** Returns what came after the answer that is 101, and undefined before. Throws `HeadError`. */
  write(octets: Buffer): Buffer | undefined {
    let rest = octets;
    while (rest.length > 0 && !this.#over) {
      if (this.#body) {
        rest = this.#body.write(rest);
        this.#tellBody(this.#body);
        continue;
      }
      const answer = this.#readAnswer(rest);
      if (!answer) return undefined;
      const { response, head } = answer;
      rest = head.rest;
      // An answer before the final one (RFC 9110 section 15.2) is passed over.
      if (response.status < 200 && response.status !== 101) {
        this.#countInterim(response);
        continue;
      }
      this.#listener.onResponse(response, head);
      if (response.status === 101) return rest;
      this.#answers++;
      const toHead = this.#answers === 1 && this.#asked === 'HEAD ';
      this.#body = new ResponseBodyReader(response.status, head, { toHead });
      this.#tellBody(this.#body);
    }
    return undefined;
  }

  /** So many octets of the head of an answer have come whose end has not. */
  get begun(): number {
    return this.#head.begun;
  }

  /** The server ended its half of the connection (FIN). */
  end(): void {
    if (!this.#body) return;
    this.#body.end();
    this.#tellBody(this.#body);
  }

  #tellBody(reader: ResponseBodyReader): void {
    const { body } = reader;
    if (!body) return;
    this.#body = undefined;
    // Where a body ends that is framed badly, nobody knows.
    this.#over = body.problem !== undefined;
    this.#listener.onBody(body);
  }

  #countInterim({ headers }: HandshakeResponse): void {
    this.#interimOctets += headers.reduce((sum, field) => sum + field.join('').length, shortestAnswer);
    if (this.#interimOctets > mostInterim)
      throw new HeadError(
        `more than ${mostInterim} octets of interim answers came, and no final one`,
        'head',
      );
  }

  /** What follows the first answer, and is none, is passed over. */
  #readAnswer(octets: Buffer): { response: HandshakeResponse; head: Head } | undefined {
    try {
      const head = this.#head.write(octets);
      return head && { response: readResponse(head), head };
    } catch (error) {
      if (this.#answers === 0 || !(error instanceof HeadError)) throw error;
      this.#over = true;
      return undefined;
    }
  }
}
