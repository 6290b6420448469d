import { ArrivalExpectation, type Judgement, type Wait } from '../arrival-expectation.ts';
import type { WebSocketActor, WebSocketArrival } from './actor.ts';

export type { Judgement } from '../arrival-expectation.ts';

export interface WebSocketWait extends Omit<Wait<WebSocketArrival>, 'broken'> {
  /** Neither a close frame nor the end of the connection decides anything by itself. */
  survivesEnd?: boolean;
}

/**
 * Waits for one arrival. A violation of the protocol, whatever is waited for, fails at once; so does the end of
 * the connection where nothing can come any more.
 */
export function arrivalFor(actor: WebSocketActor, wait: WebSocketWait): ArrivalExpectation<WebSocketArrival> {
  const judge = (event: WebSocketArrival): Judgement => {
    const violation = actor.violation(wait.expected, event);
    if (violation) return violation;
    const judgement = wait.judge(event);
    if (judgement !== 'other' || wait.survivesEnd) return judgement;
    if (event.kind === 'close' || event.kind === 'ended')
      return actor.finding('closed', wait.expected, `what came was ${actor.describe(event)}`);
    return 'other';
  };
  return new ArrivalExpectation(actor, { take: (arrival) => actor.take(arrival), ...wait, judge });
}
