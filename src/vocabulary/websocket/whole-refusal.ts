import { whatCame } from '../arrival-expectation.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Stage } from '../stage.ts';
import { verb } from '../vocabulary.ts';
import type { WebSocketActor } from './actor.ts';
import {
  describeResponse,
  headerOf,
  type Response,
  type ResponsePattern,
  refusalSchema,
  responseDifferences,
} from './opening.ts';
import { actorOf } from './sending.ts';

/** Header fields that HTTP demands beside a status (RFC 9110 sections 11.6.1, 15.5.6, 15.5.22, 7.8). */
const demanded: Record<number, readonly string[]> = {
  401: ['WWW-Authenticate'],
  405: ['Allow'],
  426: ['Upgrade', 'Connection'],
};

/** The handshake is refused by a response that is whole: its head is what HTTP asks for, its body is framed. */
class WholeRefusal implements Expectation {
  readonly #actor: WebSocketActor;
  readonly #pattern: ResponsePattern;
  readonly #stage: Stage;

  constructor(actor: WebSocketActor, pattern: ResponsePattern, stage: Stage) {
    this.#actor = actor;
    this.#pattern = pattern;
    this.#stage = stage;
  }

  get #expected(): string {
    return `the handshake of ${this.#actor.name} to be refused by a whole response ${JSON.stringify(this.#pattern)}`;
  }

  look(): Look {
    let response: Response | undefined;
    for (const { event } of this.#actor.inbox.waiting()) {
      const violation = this.#actor.violation(this.#expected, event);
      if (violation) return { state: 'broken', finding: violation };
      if (event.kind === 'response' && !response) {
        response = event.response;
        const wrong = this.#judge(response);
        if (wrong) return { state: 'broken', finding: wrong };
      }
      if (event.kind === 'body' && response) {
        const { problem } = event.body;
        const whole = response;
        if (problem === undefined) return { state: 'met', take: () => this.#takeWhole(whole) };
        const finding = this.#actor.finding('mismatch', this.#expected, problem);
        return { state: 'broken', finding: { ...finding, nearest: describeResponse(response) } };
      }
      if (event.kind === 'ended') return { state: 'met', take: () => this.#tolerateEnd(response) };
    }
    return { state: 'waiting' };
  }

  #judge(response: Response): Finding | undefined {
    const differences = responseDifferences(
      { status: '{/[45]\\d\\d/}', ...this.#pattern },
      response,
      this.#stage.names,
    );
    for (const name of demanded[response.status] ?? [])
      if (headerOf(response, name) === undefined)
        differences.push({ path: name, expected: `this header field beside status ${response.status}` });
    if (differences.length === 0) return undefined;
    return this.#actor.mismatch(this.#expected, describeResponse(response), differences);
  }

  /** The response and its body; what else came is for other steps. */
  #take(): void {
    for (const kind of ['response', 'body']) {
      const arrival = this.#actor.inbox.waiting().find(({ event }) => event.kind === kind);
      if (arrival) arrival.taken = true;
    }
  }

  /** No sentence forbids an accept value in a refusal; section 1.3 says what it would mean. */
  #takeWhole(response: Response): void {
    this.#take();
    if (headerOf(response, 'Sec-WebSocket-Accept') !== undefined)
      this.#stage.tolerate(
        'the refusal has Sec-WebSocket-Accept, by which a server says that it accepts (RFC 6455 section 1.3)',
      );
  }

  #tolerateEnd(response: Response | undefined): void {
    this.#take();
    this.#stage.tolerate(
      response
        ? 'the connection was reset before the body of the response had come'
        : 'the connection ended without a response; RFC 6455 section 4.2.1 wants an HTTP error',
    );
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    const text = `within ${withinMs} ms no whole response came; ${whatCame(this.#actor)}`;
    return this.#actor.finding('silence', this.#expected, text);
  }
}

export const wholeRefusal = verb({
  subject: 'actor',
  phrase: 'is refused in good order',
  takes: refusalSchema,
  optional: true,
  summary:
    'As `is refused`, by a response that is whole: its body ends where Content-Length, its chunks or the connection say, 401 comes with WWW-Authenticate, 405 with Allow, 426 with Upgrade and Connection. Sec-WebSocket-Accept and the bare end of the connection are tolerated (warn)',
  example: '- client is refused in good order: { status: 404 }',
  expect: (step, stage) => new WholeRefusal(actorOf(step, stage), step.value ?? {}, stage),
});
