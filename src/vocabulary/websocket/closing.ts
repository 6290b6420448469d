import { opcode } from '../../websocket/frame.ts';
import { whatCame } from '../arrival-expectation.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Names } from '../names.ts';
import type { Stage } from '../stage.ts';
import { verb } from '../vocabulary.ts';
import { describeArrival, describeClose, type WebSocketActor, type WebSocketArrival } from './actor.ts';
import { arrivalFor, type Judgement } from './arrival-expectation.ts';
import { actorOf } from './sending.ts';

type CloseEvent = Extract<WebSocketArrival, { kind: 'close' }>;

const codeNumber = { type: 'integer', minimum: 0, maximum: 65_535 } as const;
export const codePattern = {
  description: 'A status code, or a pattern over it; 1005 stands for a close frame without a code',
  anyOf: [codeNumber, { type: 'string', minLength: 1 }],
} as const;

const closeSchema = {
  anyOf: [
    { ...codeNumber, description: 'The status code' },
    {
      type: 'object',
      properties: { code: codeNumber, reason: { type: 'string' } },
      required: ['code'],
      additionalProperties: false,
    },
  ],
} as const;

const closePatternSchema = {
  anyOf: [
    codePattern,
    {
      type: 'object',
      properties: { code: codePattern, reason: { type: 'string', description: 'A pattern over the reason' } },
      additionalProperties: false,
      minProperties: 1,
    },
  ],
} as const;

/** The code as RFC 6455 section 7.1.5 counts it: 1005 where the frame has none. */
export function codeOf(event: CloseEvent): string {
  return String(event.code ?? 1005);
}

interface ClosePattern {
  code?: string | number | undefined;
  reason?: string | undefined;
}

function closeExpectation(actor: WebSocketActor, pattern: ClosePattern, names: Names): Expectation {
  const { code, reason } = pattern;
  const wanted = [code === undefined ? '' : `code ${code}`, reason === undefined ? '' : `reason ${reason}`];
  const expected = `${actor.name} to receive a close frame with ${wanted.filter(Boolean).join(' and ')}`;
  return arrivalFor(actor, {
    expected,
    judge(event): Judgement {
      if (event.kind !== 'close') return 'other';
      const captured = new Map<string, string>();
      const differences: NonNullable<Finding['differences']> = [];
      if (code !== undefined && !names.matches(String(code), codeOf(event), captured))
        differences.push({ path: 'code', expected: String(code), actual: codeOf(event) });
      if (reason !== undefined && !names.matches(reason, event.reason, captured))
        differences.push({ path: 'reason', expected: reason, actual: event.reason });
      if (differences.length > 0) {
        const finding = actor.finding('mismatch', expected, `${describeClose(event)} came`);
        return { ...finding, nearest: describeClose(event), differences };
      }
      for (const [name, value] of captured) names.bind(name, value);
      return 'met';
    },
  });
}

/** The one violation that a case can ask for: what comes of codes that only their sender is forbidden is observed. */
function forbiddenClose(actor: WebSocketActor, code: number): Expectation {
  const expected = `${actor.name} to receive a close frame with the forbidden code ${code}`;
  const met = () =>
    actor.inbox.waiting().find(({ event }) => event.kind === 'violation' && event.forbiddenCode === code);
  return {
    look() {
      const arrival = met();
      if (arrival) return { state: 'met', take: () => actor.take(arrival) };
      const { inbox } = actor;
      const other = inbox.waiting().find(({ event }) => ['violation', 'close', 'ended'].includes(event.kind));
      if (!other) return { state: 'waiting' };
      return broken(actor.finding('closed', expected, `what came was ${describeArrival(other.event)}`));
    },
    onArrival: (listener) => actor.inbox.onArrival(listener),
    late: (withinMs) => actor.finding('silence', expected, `within ${withinMs} ms ${whatCame(actor)}`),
  };
}

/**
 * The server fails the connection: a close frame with a fitting code, then the end of TCP. RFC 6455 section
 * 7.1.7 makes the end a MUST, and the close frame with its code a SHOULD.
 */
class FailedConnection implements Expectation {
  readonly #actor: WebSocketActor;
  readonly #code: string | undefined;
  readonly #stage: Stage;

  constructor(actor: WebSocketActor, code: string | number | undefined, stage: Stage) {
    this.#actor = actor;
    this.#code = code === undefined ? undefined : String(code);
    this.#stage = stage;
  }

  get #expected(): string {
    const how = this.#code === undefined ? '' : ` with a close frame of code ${this.#code}`;
    return `the server to fail the connection of ${this.#actor.name}${how}`;
  }

  look(): Look {
    let close: CloseEvent | undefined;
    for (const { event } of this.#actor.inbox.waiting()) {
      const violation = this.#actor.violation(this.#expected, event);
      if (violation) return broken(violation);
      if (event.kind === 'message' && !close) return broken(this.#answers(event));
      if (event.kind === 'close') close ??= event;
      if (this.#actor.isSentinel(event)) return broken(this.#goesOn(close));
      if (event.kind === 'ended') return { state: 'met', take: () => this.#take(close) };
    }
    return { state: 'waiting' };
  }

  /** A message that no step has taken is what should have failed the connection, or came after it. */
  #answers(event: WebSocketArrival): Finding {
    const text = `${describeArrival(event)} came: the server processed what should have failed the connection`;
    return { ...this.#actor.finding('unexpected', this.#expected, text), nearest: describeArrival(event) };
  }

  #goesOn(close: CloseEvent | undefined): Finding {
    const text = close
      ? 'the server sent a close frame and went on: it answered a ping that came after what failed the connection (RFC 6455 section 7.1.7)'
      : 'the server went on: it answered a ping that came after what should have failed the connection';
    return this.#actor.finding('unexpected', this.#expected, text);
  }

  #take(close: CloseEvent | undefined): void {
    for (const arrival of this.#actor.inbox.waiting())
      if (arrival.event.kind !== 'ended') arrival.taken = true;
    tolerateUntidyEnd(this.#actor, this.#stage);
    if (this.#code === undefined) return;
    const wanted =
      'RFC 6455 section 7.1.7 wants a close frame with a fitting code before the end of the connection';
    if (!close) this.#stage.tolerate(`the connection ended without a close frame; ${wanted}`);
    else if (!this.#stage.names.matches(this.#code, codeOf(close), new Map()))
      this.#stage.tolerate(`${describeClose(close)} came instead of code ${this.#code}; ${wanted}`);
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  nudge(): void {
    this.#actor.nudge();
  }

  late(withinMs: number): Finding {
    const close = this.#actor.inbox.waiting().find((arrival) => arrival.event.kind === 'close');
    const text = close
      ? `${describeArrival(close.event)} came, but the server did not end the TCP connection within ${withinMs} ms`
      : `within ${withinMs} ms the server neither failed the connection nor answered a ping; ${whatCame(this.#actor)}`;
    return this.#actor.finding('silence', this.#expected, text);
  }
}

/**
 * A server whose TCP goes on for longer than this after both close frames does not end it at once, in milliseconds: a
 * busy one needs less, and one that waits for something mostly gives up after 5 s or more.
 */
const atOnceMs = 4_000;

/**
 * Once both sides have sent a close frame there is none to be sent any more, and the server ends TCP at once (RFC 6455
 * section 5.5.1). The section names no time, so that a late end is not a failure.
 */
export function tolerateUntidyEnd({ closeFrames, lingeredMs }: WebSocketActor, stage: Stage): void {
  if (closeFrames > 1)
    stage.tolerate(
      `the server sent ${closeFrames} close frames; RFC 6455 section 5.5.1 wants the end of the connection after one from each side`,
    );
  if (lingeredMs > atOnceMs)
    stage.tolerate(
      `the connection ended ${(lingeredMs / 1_000).toFixed(1)} s after the server's close frame; RFC 6455 section 5.5.1 has the server end it immediately`,
    );
}

function broken(finding: Finding): Look {
  return { state: 'broken', finding };
}

const howEnded = { FIN: 'end', RST: 'reset' } as const;

/** The TCP connection ends, by any means or by this one; a server that answers a ping instead goes on. */
function endExpectation(actor: WebSocketActor, stage: Stage, by?: keyof typeof howEnded): Expectation {
  const how = by === undefined ? '' : ` by ${by}`;
  const expected = `the server to end the TCP connection of ${actor.name}${how}`;
  let closed = false;
  return arrivalFor(actor, {
    expected,
    survivesEnd: true,
    judge(event): Judgement {
      if (event.kind === 'close') closed = true;
      if (event.kind === 'ended' && by !== undefined && event.how !== howEnded[by])
        return actor.finding('mismatch', expected, `${describeArrival(event)} came`);
      if (event.kind === 'ended') return 'met';
      if (event.kind === 'response')
        return actor.finding(
          'unexpected',
          expected,
          `${describeArrival(event)} came, which no step has asked for`,
        );
      if (actor.isSentinel(event) && !closed)
        return actor.finding('unexpected', expected, 'the server went on: it answered a ping');
      return 'other';
    },
    take: () => tolerateUntidyEnd(actor, stage),
    nudge: () => actor.nudge(),
  });
}

export const closingVerbs = [
  verb({
    subject: 'actor',
    phrase: 'closes',
    takes: closeSchema,
    optional: true,
    summary: 'Sends a close frame: code 1000 unless another is given, valid or not; waits for nothing',
    example: '- client closes: { code: 1001, reason: going away }',
    play: (step, stage) => {
      const { code, reason = '' } =
        typeof step.value === 'object' ? step.value : { code: step.value ?? 1000 };
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      const body = Buffer.concat([payload, Buffer.from(stage.names.fill(reason))]);
      actorOf(step, stage).connection.sendFrame({ opcode: opcode.close, payload: body });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'ends',
    summary: 'Ends its half of the TCP connection (FIN), without a close frame',
    example: '- client ends',
    play: (step, stage) => actorOf(step, stage).finish('end'),
  }),
  verb({
    subject: 'actor',
    phrase: 'resets',
    summary: 'Resets the TCP connection (RST)',
    example: '- client resets',
    play: (step, stage) => actorOf(step, stage).finish('reset'),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives close',
    takes: closePatternSchema,
    summary:
      'A close frame comes, with a code that fits; 1005 stands for none. Messages before it are passed over, the end of the connection without it fails at once',
    example: '- client receives close: "{1000|1005}"',
    expect: (step, stage) => {
      const pattern = typeof step.value === 'object' ? step.value : { code: step.value };
      return closeExpectation(actorOf(step, stage), pattern, stage.names);
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives forbidden close',
    takes: codeNumber,
    summary:
      'A close frame comes with this code, which must not be in one (RFC 6455 section 7.4) and fails every other step. Only for an outcome that is observed, where another case asks for the code not to be sent',
    example: '- client receives forbidden close: 5000',
    expect: (step, stage) => forbiddenClose(actorOf(step, stage), step.value),
  }),
  verb({
    subject: 'actor',
    phrase: 'is failed',
    takes: codePattern,
    optional: true,
    summary:
      'The server fails the connection: a close frame with a code that fits, then the end of TCP. Another code, or an end without a close frame, is tolerated (warn), and without a code here it is all the same; a server that goes on, even after its close frame, or that sends a message first, fails. Further close frames, and an end that comes late, are tolerated (warn)',
    example: '- client is failed: 1002',
    expect: (step, stage) => new FailedConnection(actorOf(step, stage), step.value, stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'is closed',
    summary:
      'The server ends the TCP connection (FIN or RST). A response that no step has taken fails; several close frames before, and an end that comes late after one, are tolerated (warn)',
    example: '- client is closed',
    expect: (step, stage) => endExpectation(actorOf(step, stage), stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'is closed by {FIN|RST}',
    summary:
      'The server ends the TCP connection in this way. Several close frames before, and an end that comes late after one, are tolerated (warn)',
    example: '- client is closed by FIN',
    expect: (step, stage) =>
      endExpectation(actorOf(step, stage), stage, step.slots['FIN|RST'] === 'FIN' ? 'FIN' : 'RST'),
  }),
];
