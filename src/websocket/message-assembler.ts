import { InflateError, Inflater } from './deflate.ts';
import type { DeflateParameters } from './deflate-offer.ts';
import { type Frame, opcode } from './frame.ts';
import { brokenRules } from './frame-rules.ts';
import { OctetCollector } from './octet-collector.ts';
import { Utf8Validator } from './utf8.ts';
import type { Violation } from './violation.ts';

/** A whole message. */
export interface Message {
  type: 'text' | 'binary';
  payload: Buffer;
  /** How many frames it came in. */
  fragments: number;
  compressed: boolean;
}

/** Puts a server's data frames together to messages, and tells what is wrong with frames and messages. */
export class MessageAssembler {
  readonly #largest: number;
  readonly #inflater: Inflater | undefined;
  readonly #begun: OctetCollector;
  #fragments = 0;
  #type: 'text' | 'binary' | undefined;
  #compressed = false;
  #utf8 = new Utf8Validator();

  constructor(largest: number, deflate: DeflateParameters | undefined) {
    this.#largest = largest;
    this.#begun = new OctetCollector(largest);
    if (deflate)
      this.#inflater = new Inflater(deflate.serverMaxWindowBits, !deflate.serverNoContextTakeover, largest);
  }

  /** What is wrong with a frame where it stands; its own violations are those that its head showed. */
  violationOf(frame: Frame, violations: Violation[]): Violation | undefined {
    const context = {
      from: 'server' as const,
      inside: this.#type !== undefined,
      deflate: this.#inflater !== undefined,
    };
    return brokenRules({ ...frame, length: frame.payload.length, violations }, context)[0];
  }

  /** Takes a data frame that is in order: the message with its last one, or what is wrong with the message. */
  take(frame: Frame): Message | Violation | undefined | Promise<Message | Violation> {
    if (frame.opcode !== opcode.continuation) {
      this.#type = frame.opcode === opcode.text ? 'text' : 'binary';
      this.#compressed = frame.rsv1;
      this.#utf8 = new Utf8Validator();
    }
    this.#fragments++;
    if (this.#begun.length + frame.payload.length > this.#largest) {
      this.#begun.take();
      return { section: '10.4', text: `a message has more than the ${this.#largest} octets that are read` };
    }
    // Compressed text can be judged only once it is whole (RFC 7692 section 6.1).
    const bad = this.#type === 'text' && !this.#compressed && notUtf8(this.#utf8, frame);
    if (bad) return bad;
    if (this.#fragments > 1 || !frame.fin) this.#begun.add(frame.payload);
    if (!frame.fin) return undefined;
    const payload = this.#fragments > 1 ? this.#begun.take() : frame.payload;
    const facts = { type: this.#type ?? 'binary', fragments: this.#fragments, compressed: this.#compressed };
    this.#fragments = 0;
    this.#type = undefined;
    if (facts.compressed && this.#inflater) return inflated({ ...facts, payload }, this.#inflater);
    return { ...facts, payload };
  }

  close(): void {
    this.#inflater?.close();
  }
}

async function inflated(message: Message, inflater: Inflater): Promise<Message | Violation> {
  try {
    const payload = await inflater.inflate(message.payload);
    const bad = message.type === 'text' && notUtf8(new Utf8Validator(), { fin: true, payload });
    return bad || { ...message, payload };
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    return { section: error.tooLarge ? '10.4' : 'RFC 7692 7.2.2', text: `compressed data: ${error.message}` };
  }
}

/** Judges more of a text, at the first octet that cannot be right (RFC 6455 section 8.1). */
function notUtf8(
  utf8: Utf8Validator,
  { fin, payload }: Pick<Frame, 'fin' | 'payload'>,
): Violation | undefined {
  const isGood = utf8.write(payload);
  if (isGood && (utf8.complete || !fin)) return undefined;
  const where = isGood ? 'it ends inside a character' : `octet ${utf8.good} cannot stand there`;
  return { section: '8.1', text: `a text message is not UTF-8: ${where}` };
}
