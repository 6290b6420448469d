import { whatCame } from '../arrival-expectation.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Stage } from '../stage.ts';
import { verb } from '../vocabulary.ts';
import { describeArrival, describeClose, type WebSocketActor, type WebSocketArrival } from './actor.ts';
import { codeOf, codePattern, tolerateUntidyEnd } from './closing.ts';
import { actorOf } from './sending.ts';

type CloseEvent = Extract<WebSocketArrival, { kind: 'close' }>;

/**
 * Codes that find fault with what the client sent or agreed to (RFC 6455 section 7.4.1): no answer to a close frame in
 * good order. 1011 is not among them: it says that the server has met with something unexpected.
 */
const complaints = ['1002', '1003', '1007', '1009', '1010'];

/**
 * The closing handshake that the client began comes to its end: no message any more, a close frame, then the end of
 * TCP (RFC 6455 sections 5.5.1 and 7.1.4). Its code is usually the one that was received, which no MUST asks for.
 */
class CleanClose implements Expectation {
  readonly #actor: WebSocketActor;
  readonly #code: string;
  readonly #stage: Stage;

  constructor(actor: WebSocketActor, code: string | number | undefined, stage: Stage) {
    this.#actor = actor;
    this.#code = String(code ?? '{1000|1005}');
    this.#stage = stage;
  }

  get #expected(): string {
    return `the connection of ${this.#actor.name} to be closed cleanly, with a close frame of code ${this.#code}`;
  }

  look(): Look {
    let close: CloseEvent | undefined;
    for (const { event } of this.#actor.inbox.waiting()) {
      const violation = this.#actor.violation(this.#expected, event);
      if (violation) return { state: 'broken', finding: violation };
      if (event.kind === 'message' && !close)
        return this.#broken('unexpected', `${describeArrival(event)} came, which nobody had sent`);
      if (event.kind === 'close') {
        close ??= event;
        if (!this.#fits(close) && complaints.includes(codeOf(close)))
          return this.#broken('mismatch', `${describeClose(close)} came`);
      }
      if (event.kind !== 'ended') continue;
      if (!close)
        return this.#broken('closed', `${describeArrival(event)} came without a close frame before it`);
      const answer = close;
      return { state: 'met', take: () => this.#take(answer) };
    }
    return { state: 'waiting' };
  }

  #fits(close: CloseEvent): boolean {
    return this.#stage.names.matches(this.#code, codeOf(close), new Map());
  }

  #take(close: CloseEvent): void {
    const readsOn = this.#actor.inbox.waiting().some(({ event }) => this.#actor.isPlacedSentinel(event));
    for (const arrival of this.#actor.inbox.waiting())
      if (arrival.event.kind !== 'ended') arrival.taken = true;
    tolerateUntidyEnd(this.#actor, this.#stage);
    if (readsOn)
      this.#stage.tolerate(
        'the server answered a ping that came after the close frame; by RFC 6455 section 7.1.1 what trails is discarded',
      );
    if (!this.#fits(close))
      this.#stage.tolerate(
        `${describeClose(close)} came instead of code ${this.#code}; by RFC 6455 section 5.5.1 the code received is what is usually sent back`,
      );
  }

  #broken(kind: Finding['kind'], text: string): Look {
    return { state: 'broken', finding: this.#actor.finding(kind, this.#expected, text) };
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    const close = this.#actor.inbox.waiting().find((arrival) => arrival.event.kind === 'close');
    const text = close
      ? `${describeArrival(close.event)} came, but the server did not end the TCP connection within ${withinMs} ms`
      : `within ${withinMs} ms no close frame answered the client's; ${whatCame(this.#actor)}`;
    return this.#actor.finding('silence', this.#expected, text);
  }
}

export const cleanClose = verb({
  subject: 'actor',
  phrase: 'is closed cleanly',
  takes: codePattern,
  optional: true,
  summary:
    "After the client's close frame no message comes any more, but a close frame with a code that fits (1000 or none unless another is named) and then the end of TCP. Another code that does not complain, further close frames, an end that comes late, and a pong for the sentinel among the frames after the close frame are tolerated (warn)",
  example: '- client is closed cleanly',
  expect: (step, stage) => new CleanClose(actorOf(step, stage), step.value, stage),
});
