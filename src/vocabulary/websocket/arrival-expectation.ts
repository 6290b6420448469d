import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Arrival } from '../inbox.ts';
import { describeArrival, type WebSocketActor, type WebSocketArrival } from './actor.ts';

/** What an arrival means to somebody who waits: nothing, that it came, or why it can no longer come. */
export type Judgement = 'other' | 'met' | Finding;

/** What is waited for. Arrivals are judged one by one, oldest first, until one is decisive. */
export interface Wait {
  expected: string;
  judge(event: WebSocketArrival): Judgement;
  /** What is done with the arrival that was met; without it, it is taken. */
  take?(arrival: Arrival<WebSocketArrival>): void;
  /** Neither a close frame nor the end of the connection decides anything by itself. */
  survivesEnd?: boolean;
  /** Asks a quiet server for a sign of life. */
  nudge?(): void;
}

/**
 * Waits for one arrival. A violation of the protocol, whatever is waited for, fails at once; so does the end of
 * the connection where nothing can come any more.
 */
export class ArrivalExpectation implements Expectation {
  readonly #actor: WebSocketActor;
  readonly #wait: Wait;
  readonly nudge?: () => void;

  constructor(actor: WebSocketActor, wait: Wait) {
    this.#actor = actor;
    this.#wait = wait;
    if (wait.nudge) this.nudge = () => wait.nudge?.();
  }

  look(): Look {
    for (const arrival of this.#actor.inbox.waiting()) {
      const judgement = this.#judge(arrival.event);
      if (judgement === 'met') return { state: 'met', take: () => this.#take(arrival) };
      if (judgement !== 'other') return { state: 'broken', finding: judgement };
    }
    return { state: 'waiting' };
  }

  #judge(event: WebSocketArrival): Judgement {
    const violation = this.#actor.violation(this.#wait.expected, event);
    if (violation) return violation;
    const judgement = this.#wait.judge(event);
    if (judgement !== 'other' || this.#wait.survivesEnd) return judgement;
    if (event.kind === 'close' || event.kind === 'ended')
      return this.#actor.finding('closed', this.#wait.expected, `what came was ${describeArrival(event)}`);
    return 'other';
  }

  #take(arrival: Arrival<WebSocketArrival>): void {
    if (this.#wait.take) this.#wait.take(arrival);
    else this.#actor.take(arrival);
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    const came = this.#actor.inbox.waiting().map((arrival) => describeArrival(arrival.event));
    const text = came.length === 0 ? 'nothing came' : `what came was ${came.slice(-3).join(', ')}`;
    return this.#actor.finding('silence', this.#wait.expected, `within ${withinMs} ms ${text}`);
  }
}
