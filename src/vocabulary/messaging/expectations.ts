import type { Availability, Message, TlsFacts } from '../../binding/messaging-client.ts';
import { ArrivalExpectation, type Judgement } from '../arrival-expectation.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Names } from '../names.ts';
import type { MessagingActor, MessagingArrival } from './actor.ts';

export type { Judgement } from '../arrival-expectation.ts';

/** Waits for one arrival that `judge` accepts; what it calls wrong fails at once. */
export function arrivalFor(
  actor: MessagingActor,
  expected: string,
  judge: (event: MessagingArrival) => Judgement,
  { survivesEnd = false } = {},
): ArrivalExpectation<MessagingArrival> {
  const broken = () => (survivesEnd ? undefined : actor.brokenBy(expected));
  return new ArrivalExpectation(actor, { expected, judge, broken });
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
      if (event.kind !== 'message' || !('text' in event)) continue;
      if (event.text === this.#actor.sentinel && this.#met < this.#texts.length) {
        const message = `message ${this.#met + 1} did not come before the sentinel that was sent after it`;
        return { state: 'broken', finding: this.#actor.finding('mismatch', this.#expected, message) };
      }
      if (event.from !== this.#from) continue;
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

/**
 * Presence of one user goes through these states in this order and ends with the last; some may be left out. Where
 * a sentinel was sent behind them, the last state is the one before it.
 */
export class StatesInOrder implements Expectation {
  readonly #actor: MessagingActor;
  readonly #of: MessagingActor;
  readonly #states: readonly Availability[];
  #reached = 0;
  #ended = false;

  constructor(actor: MessagingActor, of: MessagingActor, states: readonly Availability[]) {
    this.#actor = actor;
    this.#of = of;
    this.#states = states;
  }

  get #expected(): string {
    return `${this.#actor.name} to see ${this.#of.name} ${this.#states.join(', then ')}`;
  }

  look(): Look {
    const { sentinel } = this.#actor;
    for (const arrival of this.#actor.inbox.waiting()) {
      const { event } = arrival;
      if (event.kind === 'message' && 'text' in event && event.text === sentinel)
        return this.#ended
          ? { state: 'met', take: () => undefined }
          : this.#broken('the sentinel came before the last');
      if (event.kind !== 'presence' || event.from !== this.#of.client.address) continue;
      const at = this.#states.indexOf(event.as, this.#reached);
      if (at < 0)
        return this.#broken(`${this.#of.name} was seen ${event.as} after ${this.#states[this.#reached]}`);
      arrival.taken = true;
      this.#reached = at;
      this.#ended = at === this.#states.length - 1;
      if (this.#ended && sentinel === undefined) break;
    }
    if (this.#ended && sentinel === undefined) return { state: 'met', take: () => undefined };
    return this.#actor.brokenBy(this.#expected) ?? { state: 'waiting' };
  }

  #broken(message: string): Look {
    return { state: 'broken', finding: this.#actor.finding('mismatch', this.#expected, message) };
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    const message = `within ${withinMs} ms it did not get to ${this.#states.at(-1)}`;
    return this.#actor.finding('silence', this.#expected, message);
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

/** Facts about the TLS connection, which are there as soon as the user is signed in. */
export class TlsExpectation implements Expectation {
  readonly #actor: MessagingActor;
  readonly #wanted: Partial<TlsFacts>;
  readonly #names: Names;

  constructor(actor: MessagingActor, wanted: Partial<TlsFacts>, names: Names) {
    this.#actor = actor;
    this.#wanted = wanted;
    this.#names = names;
  }

  look(): Look {
    const expected = `TLS with ${Object.entries(this.#wanted)
      .map((fact) => fact.join(' '))
      .join(', ')}`;
    const { tls } = this.#actor.client;
    const broken = (message: string): Look => ({
      state: 'broken',
      finding: this.#actor.finding('mismatch', expected, message),
    });
    if (!tls) return broken('there is no TLS on this connection');
    const captured = new Map<string, string>();
    for (const [name, pattern] of Object.entries(this.#wanted))
      if (!this.#names.matches(pattern, tls[name as keyof TlsFacts], captured))
        return broken(`the ${name} is ${tls[name as keyof TlsFacts]}`);
    return {
      state: 'met',
      take: () => {
        for (const [name, value] of captured) this.#names.bind(name, value);
      },
    };
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(): Finding {
    const look = this.look();
    return look.state === 'broken' ? look.finding : this.#actor.finding('silence', 'TLS', 'nothing was seen');
  }
}
