import type { Expectation, Finding, Look } from '../expectation.ts';
import type { XmppActor, XmppArrival } from './actor.ts';

/** What an arrival means to somebody who waits: nothing, that it came, or that it came wrong. */
export type Judgement = 'other' | 'met' | Finding;

export interface EventWait {
  expected: string;
  judge(event: XmppArrival): Judgement;
  /** The arrival stays for later steps: it is a fact, not a stanza that is used up. */
  keeps?: boolean;
  /** The end of the connection is what is waited for, or cannot hinder it. */
  survivesEnd?: boolean;
  nudge?(): void;
}

/** Waits for something that is no stanza: a stream header, a stream error, the end of the connection. */
export class EventExpectation implements Expectation {
  readonly #actor: XmppActor;
  readonly #wait: EventWait;
  readonly nudge?: () => void;

  constructor(actor: XmppActor, wait: EventWait) {
    this.#actor = actor;
    this.#wait = wait;
    if (wait.nudge) this.nudge = wait.nudge;
  }

  look(): Look {
    for (const arrival of this.#actor.inbox.waiting()) {
      const judgement = this.#wait.judge(arrival.event);
      if (judgement === 'met') {
        const take = () => {
          if (!this.#wait.keeps) arrival.taken = true;
        };
        return { state: 'met', take };
      }
      if (judgement !== 'other') return { state: 'broken', finding: judgement };
    }
    const broken = this.#wait.survivesEnd ? undefined : this.#actor.brokenBy(this.#wait.expected);
    return broken ?? { state: 'waiting' };
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

/** Waits for a fact that the actor keeps (the latest features, TLS), and judges it. */
export class FactExpectation implements Expectation {
  readonly #actor: XmppActor;
  readonly #expected: string;
  readonly #judge: () => Judgement;

  /** `judge` says `other` while the fact is not known yet. */
  constructor(actor: XmppActor, expected: string, judge: () => Judgement) {
    this.#actor = actor;
    this.#expected = expected;
    this.#judge = judge;
  }

  look(): Look {
    const judgement = this.#judge();
    if (judgement === 'met') return { state: 'met', take: () => undefined };
    if (judgement !== 'other') return { state: 'broken', finding: judgement };
    return this.#actor.brokenBy(this.#expected) ?? { state: 'waiting' };
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    return this.#actor.finding('silence', this.#expected, `it was not known within ${withinMs} ms`);
  }
}

/** An arrival in a few words. */
export function describeArrival(event: XmppArrival): string {
  switch (event.kind) {
    case 'element':
    case 'features':
      return `<${event.element.name}/>`;
    case 'header':
      return 'a stream header';
    case 'stream-error':
      return `the stream error ${event.condition}`;
    case 'stream-end':
      return 'the end of the stream';
    case 'tls':
      return `TLS (${event.version})`;
    case 'violation':
      return `a violation (${event.text})`;
    case 'ended':
      return event.how === 'reset' ? 'a reset of the connection' : 'the end of the connection';
  }
}
