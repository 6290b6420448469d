import { ArrivalExpectation, type Decision, type Wait } from '../arrival-expectation.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { XmppActor, XmppArrival } from './actor.ts';

export interface EventWait extends Omit<Wait<XmppArrival>, 'take' | 'broken'> {
  /** The arrival stays for later steps: it is a fact, not a stanza that is used up. */
  keeps?: boolean;
  /** The end of the connection is what is waited for, or cannot hinder it. */
  survivesEnd?: boolean;
}

/** Waits for something that is no stanza: a stream header, a stream error, the end of the connection. */
export function eventFor(actor: XmppActor, wait: EventWait): ArrivalExpectation<XmppArrival> {
  return new ArrivalExpectation(actor, {
    ...wait,
    ...(wait.keeps ? { take: () => undefined } : {}),
    broken: () => (wait.survivesEnd ? undefined : actor.brokenBy(wait.expected)),
  });
}

/** Waits for a fact that the actor keeps (the latest features, TLS), and judges it. */
export class FactExpectation implements Expectation {
  readonly #actor: XmppActor;
  readonly #expected: string;
  readonly #judge: () => Decision;

  /** `judge` says `other` while the fact is not known yet. */
  constructor(actor: XmppActor, expected: string, judge: () => Decision) {
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
