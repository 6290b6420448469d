import type { FromSchema } from 'json-schema-to-ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Arrival } from '../inbox.ts';
import { checkPayload, describePayload, makePayload, payloadSchema } from '../payload.ts';
import { parseSize, sizeSchema } from '../quantity.ts';
import type { Stage } from '../stage.ts';
import { StepMistake, type StepPlay, verb } from '../vocabulary.ts';
import type { WebSocketActor, WebSocketArrival } from './actor.ts';
import { payloadDifferences, showPayload } from './payload-difference.ts';
import { actorOf, typeIn } from './sending.ts';

/** A step that asks for more messages than this is a mistake of the suite. */
const mostMessages = 100_000;

const exchangeSchema = {
  type: 'object',
  required: ['of', 'from'],
  additionalProperties: false,
  properties: {
    of: { ...sizeSchema, description: 'Octets of each message; a text is cut between code points' },
    from: {
      ...payloadSchema,
      description: 'What the messages are cut from, one after another, beginning anew at its end',
    },
    'in fragments of': { ...sizeSchema, description: 'Octets of payload of each frame' },
  },
} as const;

interface Plan {
  type: 'text' | 'binary';
  count: number;
  octets: number;
  source: Buffer;
  compress: boolean;
  fragmentsOf: number | undefined;
  described: string;
}

/** Cuts messages out of a source that is read round and round, each where the last one ended. */
export class MessageCutter {
  readonly #source: Buffer;
  readonly #octets: number;
  readonly #wholeCharacters: boolean;
  readonly #round: number;
  #at = 0;

  /** `octets` is the length of each message; texts are up to three octets shorter, where a character would be cut. */
  constructor(source: Buffer, octets: number, wholeCharacters: boolean) {
    this.#round = source.length;
    this.#octets = octets;
    this.#wholeCharacters = wholeCharacters;
    // Long enough for a message to be a view of it, wherever it begins.
    this.#source = Buffer.alloc(source.length + octets + 4, source);
  }

  next(): Buffer {
    let end = this.#at + this.#octets;
    if (this.#wholeCharacters) while (isContinuation(this.#source[end])) end--;
    const message = this.#source.subarray(this.#at, end);
    this.#at = end % this.#round;
    return message;
  }
}

/** The second or a later octet of a character in UTF-8. */
function isContinuation(octet: number | undefined): boolean {
  return octet !== undefined && (octet & 0xc0) === 0x80;
}

/**
 * Sends messages, each when the last one has come back, and holds every octet that comes against what was sent.
 * Nothing is kept but the message on its way, so that a gigabyte can pass.
 */
class Exchange implements Expectation {
  readonly #actor: WebSocketActor;
  readonly #plan: Plan;
  readonly #cutter: MessageCutter;
  #sent = 0;
  #onItsWay: Buffer;
  #look: Look = { state: 'waiting' };

  constructor(actor: WebSocketActor, plan: Plan) {
    this.#actor = actor;
    this.#plan = plan;
    this.#cutter = new MessageCutter(plan.source, plan.octets, plan.type === 'text');
    this.#onItsWay = this.#send();
  }

  get #expected(): string {
    const { count, type, octets, described } = this.#plan;
    return `${this.#actor.name} to get back ${count} ${type} messages of ${octets} octets (${described}), each as it was sent`;
  }

  #send(): Buffer {
    const { type, compress, fragmentsOf } = this.#plan;
    const message = this.#cutter.next();
    this.#sent++;
    const options = { type, compress, ...(fragmentsOf === undefined ? {} : { fragmentsOf }) };
    this.#actor.connection.sendMessage(message, options);
    return message;
  }

  /** Goes through what has come since, and answers each message with the next one. */
  look(): Look {
    for (const arrival of this.#actor.inbox.waiting()) this.#judge(arrival);
    return this.#look;
  }

  #judge(arrival: Arrival<WebSocketArrival>): void {
    const { event } = arrival;
    // Taking a message takes the frames that it came in, too.
    if (this.#look.state !== 'waiting' || arrival.taken) return;
    const finding = this.#findingOn(event);
    if (finding) this.#look = { state: 'broken', finding };
    if (finding || event.kind !== 'message') return;
    this.#actor.take(arrival);
    if (this.#sent < this.#plan.count) this.#onItsWay = this.#send();
    else this.#look = { state: 'met', take: () => undefined };
  }

  #findingOn(event: WebSocketArrival): Finding | undefined {
    if (event.kind === 'message') return this.#difference(event.type, event.payload);
    if (event.kind === 'close' || event.kind === 'ended')
      return this.#broken('closed', this.#actor.describe(event));
    return this.#actor.violation(this.#expected, event);
  }

  #difference(type: string, payload: Buffer): Finding | undefined {
    const wanted = this.#plan.type;
    if (type === wanted && payload.equals(this.#onItsWay)) return undefined;
    const differences = payloadDifferences(this.#onItsWay, payload);
    if (type !== wanted) differences.unshift({ path: 'type', expected: wanted, actual: type });
    const nearest = `a ${type} message: ${showPayload(payload)}`;
    const finding = this.#actor.mismatch(this.#expected, nearest, differences);
    return { ...finding, message: `message ${this.#sent} of ${this.#plan.count}: ${finding.message}` };
  }

  #broken(kind: Finding['kind'], what: string): Finding {
    return this.#actor.finding(kind, this.#expected, `${this.#sent - 1} messages came back, then ${what}`);
  }

  /** Wakes only when nothing more is to come: each message is answered where it arrives, however much waits before it. */
  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival((arrival) => {
      this.#judge(arrival);
      if (this.#look.state !== 'waiting') listener();
    });
  }

  late(withinMs: number): Finding {
    return this.#broken('silence', `the next did not come within the ${withinMs} ms for all`);
  }
}

function planOf(
  { slots, value }: Pick<StepPlay<FromSchema<typeof exchangeSchema>>, 'slots' | 'value'>,
  compress: boolean,
  stage: Stage,
): Plan {
  const fragments = value['in fragments of'];
  return {
    type: typeIn(slots),
    count: countIn(slots),
    octets: parseSize(value.of) ?? 0,
    source: makePayload(value.from, stage.names),
    compress,
    fragmentsOf: fragments === undefined ? undefined : parseSize(fragments),
    described: describePayload(value.from),
  };
}

function countIn({ count = '' }: Readonly<Record<string, string>>): number {
  const messages = Number(count);
  if (Number.isInteger(messages) && messages > 0 && messages <= mostMessages) return messages;
  throw new StepMistake(`\`${count}\` is no number of messages`, `a whole number from 1 to ${mostMessages}`);
}

export const exchangingVerbs = [
  verb({
    subject: 'actor',
    phrase: 'exchanges {count} {text|binary} messages',
    takes: exchangeSchema,
    summary:
      'Sends messages one by one, the next when the last one has come back; each must be as it was sent. `within` bounds all of them',
    example: '- client exchanges 1000 text messages: { of: 64, from: "to and fro " }\n  within: 30s',
    prepare: ({ slots, value }) => {
      checkPayload(value.from);
      return countIn(slots);
    },
    expect: (step, stage) => new Exchange(actorOf(step, stage), planOf(step, false, stage)),
  }),
  verb({
    subject: 'actor',
    phrase: 'exchanges {count} compressed {text|binary} messages',
    takes: exchangeSchema,
    summary: 'As `exchanges`, each message compressed as it was negotiated',
    example:
      '- client exchanges 1000 compressed text messages: { of: 8KiB, from: { file: records.jsonl }, in fragments of: 256 }\n  within: 60s',
    prepare: ({ slots, value }) => {
      checkPayload(value.from);
      return countIn(slots);
    },
    expect: (step, stage) => new Exchange(actorOf(step, stage), planOf(step, true, stage)),
  }),
];
