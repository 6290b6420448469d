import type { Message } from '../../binding/messaging-client.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { MessagingActor, MessagingArrival } from './actor.ts';

/** What an arrival means to somebody who waits. */
export type Judgement = 'other' | 'met' | Finding;

/** Waits for one arrival that `judge` accepts; what it calls wrong fails at once. */
export class ArrivalExpectation implements Expectation {
  readonly #actor: MessagingActor;
  readonly #expected: string;
  readonly #judge: (event: MessagingArrival) => Judgement;
  readonly #survivesEnd: boolean;

  constructor(
    actor: MessagingActor,
    expected: string,
    judge: (event: MessagingArrival) => Judgement,
    options: { survivesEnd?: boolean } = {},
  ) {
    this.#actor = actor;
    this.#expected = expected;
    this.#judge = judge;
    this.#survivesEnd = options.survivesEnd ?? false;
  }

  look(): Look {
    for (const arrival of this.#actor.inbox.waiting()) {
      const judgement = this.#judge(arrival.event);
      if (judgement === 'met')
        return {
          state: 'met',
          take: () => {
            arrival.taken = true;
          },
        };
      if (judgement !== 'other') return { state: 'broken', finding: judgement };
    }
    const broken = this.#survivesEnd ? undefined : this.#actor.brokenBy(this.#expected);
    return broken ?? { state: 'waiting' };
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    const others = this.#actor.inbox.waiting().map(({ event }) => describe(event));
    const came = others.length === 0 ? 'nothing came' : `what came was ${others.slice(-3).join(', ')}`;
    return this.#actor.finding('silence', this.#expected, `within ${withinMs} ms ${came}`);
  }
}

/** Messages of one sender come in this order, each once. */
export class MessagesInOrder implements Expectation {
  readonly #actor: MessagingActor;
  readonly #from: string;
  readonly #texts: readonly string[];
  #met = 0;

  constructor(actor: MessagingActor, from: string, texts: readonly string[]) {
    this.#actor = actor;
    this.#from = from;
    this.#texts = texts;
  }

  get #expected(): string {
    return `${this.#texts.length} messages from ${this.#from} in the order in which they were sent`;
  }

  look(): Look {
    for (const arrival of this.#actor.inbox.waiting()) {
      const { event } = arrival;
      if (event.kind !== 'message' || event.from !== this.#from || !('text' in event)) continue;
      if (event.text === this.#texts[this.#met]) {
        arrival.taken = true;
        this.#met++;
        continue;
      }
      const at = this.#texts.indexOf(event.text);
      if (at < 0) continue;
      const what = at < this.#met ? 'came a second time' : 'came before its turn';
      const message = `message ${at + 1} ${what}; the next to come was ${this.#met + 1}`;
      return { state: 'broken', finding: this.#actor.finding('mismatch', this.#expected, message) };
    }
    if (this.#met === this.#texts.length) return { state: 'met', take: () => undefined };
    return this.#actor.brokenBy(this.#expected) ?? { state: 'waiting' };
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    const message = `${this.#met} of ${this.#texts.length} came within ${withinMs} ms`;
    return this.#actor.finding(this.#met > 0 ? 'mismatch' : 'silence', this.#expected, message);
  }
}

/** How two payloads differ, in a few words; undefined when they are the same. */
export function difference(expected: Buffer, actual: Message): string | undefined {
  const octets = 'text' in actual ? Buffer.from(actual.text) : actual.octets;
  if (octets.equals(expected)) return undefined;
  let at = 0;
  while (at < octets.length && octets[at] === expected[at]) at++;
  const lengths =
    octets.length === expected.length ? '' : `, ${octets.length} octets instead of ${expected.length}`;
  return `it differs from octet ${at} on${lengths}`;
}

function describe(event: MessagingArrival): string {
  switch (event.kind) {
    case 'message':
      return `a message from ${event.from}`;
    case 'presence':
      return `${event.from} ${event.as}`;
    case 'undelivered':
      return `the return of a message to ${event.to}`;
    case 'refused':
      return `a refusal (${event.reason})`;
    case 'signed in':
      return 'the sign-in';
    case 'ended':
      return 'the end of the connection';
  }
}
