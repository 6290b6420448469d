import { ArrivalExpectation, type Wait } from '../arrival-expectation.ts';
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
