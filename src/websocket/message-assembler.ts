import { isUtf8 } from 'node:buffer';
import { InflateError, Inflater } from './deflate.ts';
import type { DeflateParameters } from './deflate-offer.ts';
import { type Frame, isControl, opcode } from './frame.ts';
import { OctetCollector } from './octet-collector.ts';

/** A whole message. */
export interface Message {
  type: 'text' | 'binary';
  payload: Buffer;
  /** How many frames it came in. */
  fragments: number;
  compressed: boolean;
}

/** What of a server's frames RFC 6455 forbids, beside what a frame alone shows. */
export interface Violation {
  section: string;
  text: string;
}

/** Puts a server's data frames together to messages, and tells what is wrong with frames and messages. */
export class MessageAssembler {
  readonly #largest: number;
  readonly #inflater: Inflater | undefined;
  readonly #begun = new OctetCollector();
  #fragments = 0;
  #type: 'text' | 'binary' | undefined;
  #compressed = false;

  constructor(largest: number, deflate: DeflateParameters | undefined) {
    this.#largest = largest;
    if (deflate)
      this.#inflater = new Inflater(deflate.serverMaxWindowBits, !deflate.serverNoContextTakeover, largest);
  }

  /** What is wrong with a frame where it stands (RFC 6455 sections 5.1 to 5.5). */
  violationOf(frame: Frame): Violation | undefined {
    const { fin, rsv1, rsv2, rsv3, masked, opcode: code, payload } = frame;
    if (masked) return { section: '5.1', text: 'a frame from the server is masked' };
    const known: readonly number[] = Object.values(opcode);
    if (!known.includes(code)) return { section: '5.2', text: `a frame has the reserved opcode ${code}` };
    const mayCompress = this.#inflater !== undefined && (code === opcode.text || code === opcode.binary);
    if ((rsv1 && !mayCompress) || rsv2 || rsv3)
      return { section: '5.2', text: 'a reserved bit is set that no extension gives a meaning' };
    if (isControl(code)) {
      if (!fin) return { section: '5.4', text: 'a control frame is fragmented' };
      if (payload.length > 125)
        return { section: '5.5', text: `a control frame has ${payload.length} octets` };
      return undefined;
    }
    const inside = this.#type !== undefined;
    if (code === opcode.continuation && !inside)
      return { section: '5.4', text: 'a continuation frame continues no message' };
    if (code !== opcode.continuation && inside)
      return { section: '5.4', text: 'a message begins inside another one' };
    return undefined;
  }

  /** Takes a data frame that is in order: the message with its last one, or what is wrong with the message. */
  take(frame: Frame): Message | Violation | undefined | Promise<Message | Violation> {
    if (frame.opcode !== opcode.continuation) {
      this.#type = frame.opcode === opcode.text ? 'text' : 'binary';
      this.#compressed = frame.rsv1;
    }
    this.#fragments++;
    if (this.#begun.length + frame.payload.length > this.#largest) {
      this.#begun.take();
      return { section: '10.4', text: `a message has more than the ${this.#largest} octets that are read` };
    }
    if (this.#fragments > 1 || !frame.fin) this.#begun.add(frame.payload);
    if (!frame.fin) return undefined;
    const payload = this.#fragments > 1 ? this.#begun.take() : frame.payload;
    const facts = { type: this.#type ?? 'binary', fragments: this.#fragments, compressed: this.#compressed };
    this.#fragments = 0;
    this.#type = undefined;
    if (facts.compressed && this.#inflater) return inflated({ ...facts, payload }, this.#inflater);
    return checked({ ...facts, payload });
  }

  close(): void {
    this.#inflater?.close();
  }
}

async function inflated(message: Message, inflater: Inflater): Promise<Message | Violation> {
  try {
    return checked({ ...message, payload: await inflater.inflate(message.payload) });
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    return { section: error.tooLarge ? '10.4' : 'RFC 7692 7.2.2', text: `compressed data: ${error.message}` };
  }
}

function checked(message: Message): Message | Violation {
  if (message.type === 'binary' || isUtf8(message.payload)) return message;
  return { section: '8.1', text: 'a text message is not UTF-8' };
}
