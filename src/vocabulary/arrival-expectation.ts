import type { Expectation, Finding, Look } from './expectation.ts';
import type { Arrival, Inbox } from './inbox.ts';

/** What somebody who waits makes of what is known: nothing, that it came, or why it can no longer come. */
export type Decision = 'other' | 'met' | Finding;

/** The same of one arrival; a function says that it came, and is called when it is taken. */
export type Judgement = Decision | (() => void);

/** For whom something arrives: an actor of any vocabulary. */
export interface Receiver<E> {
  readonly inbox: Inbox<E>;
  /** An arrival in a few words. */
  describe(event: E): string;
  /** The same of what has begun to arrive and is not whole. */
  readonly unfinished?: string | undefined;
  finding(kind: Finding['kind'], expected: string, message: string): Finding;
}

/** What is waited for. Arrivals are judged one by one, oldest first, until one is decisive. */
export interface Wait<E> {
  expected: string;
  judge(event: E): Judgement;
  /** What is done with the arrival that was met; without it, it is marked as taken. */
  take?(arrival: Arrival<E>): void;
  /** Asked when no arrival was decisive: why none can come any more. */
  broken?(): Look | undefined;
  /** Asks a quiet server for a sign of life. */
  nudge?(): void;
}

/** Waits for one arrival that its judge accepts; what the judge calls wrong fails at once. */
export class ArrivalExpectation<E> implements Expectation {
  readonly #receiver: Receiver<E>;
  readonly #wait: Wait<E>;
  readonly nudge?: () => void;

  constructor(receiver: Receiver<E>, wait: Wait<E>) {
    this.#receiver = receiver;
    this.#wait = wait;
    if (wait.nudge) this.nudge = () => wait.nudge?.();
  }

  look(): Look {
    for (const arrival of this.#receiver.inbox.waiting()) {
      const judgement = this.#wait.judge(arrival.event);
      if (judgement === 'other') continue;
      if (typeof judgement === 'object') return { state: 'broken', finding: judgement };
      const met = judgement === 'met' ? undefined : judgement;
      return { state: 'met', take: () => this.#take(arrival, met) };
    }
    return this.#wait.broken?.() ?? { state: 'waiting' };
  }

  #take(arrival: Arrival<E>, met: (() => void) | undefined): void {
    if (this.#wait.take) this.#wait.take(arrival);
    else arrival.taken = true;
    met?.();
  }

  onArrival(listener: () => void): () => void {
    return this.#receiver.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    const text = `within ${withinMs} ms ${whatCame(this.#receiver)}`;
    return this.#receiver.finding('silence', this.#wait.expected, text);
  }
}

/** The latest of what no step has taken, in a few words. */
export function whatCame<E>(receiver: Receiver<E>): string {
  const came = receiver.inbox
    .waiting()
    .slice(-3)
    .map(({ event }) => receiver.describe(event));
  if (receiver.unfinished !== undefined) came.push(receiver.unfinished);
  return came.length === 0 ? 'nothing came' : `what came was ${came.join(', ')}`;
}
