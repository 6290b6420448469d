import { isControl, opcode } from '../../websocket/frame.ts';
import { ArrivalExpectation } from '../arrival-expectation.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Names } from '../names.ts';
import { checkPayload, describePayload, makePayload, type PayloadRecipe, payloadSchema } from '../payload.ts';
import { parseDuration } from '../quantity.ts';
import { placeholdersIn } from '../template.ts';
import { StepMistake, verb } from '../vocabulary.ts';
import type { WebSocketActor, WebSocketArrival } from './actor.ts';
import { arrivalFor, type Judgement } from './arrival-expectation.ts';
import {
  describeFrame,
  type FramePattern,
  framePatternSchema,
  opcodeName,
  opcodeNumber,
} from './frame-text.ts';
import { payloadDifferences, showPayload } from './payload-difference.ts';
import { actorOf } from './sending.ts';

type Differences = NonNullable<Finding['differences']>;
type FrameEvent = Extract<WebSocketArrival, { kind: 'frame' }>;

/** A payload that is waited for: octets, or a pattern over text. */
class PayloadPattern {
  readonly #recipe: PayloadRecipe;
  readonly #names: Names;
  readonly #octets: Buffer | undefined;
  readonly description: string;

  constructor(recipe: PayloadRecipe, names: Names) {
    this.#recipe = recipe;
    this.#names = names;
    this.#octets = isPattern(recipe) ? undefined : makePayload(recipe, names);
    this.description = describePayload(recipe);
  }

  /** Where the payload differs; captures are bound when it does not. */
  compare(actual: Buffer): Differences {
    if (this.#octets) return payloadDifferences(this.#octets, actual);
    const captured = new Map<string, string>();
    if (
      typeof this.#recipe === 'string' &&
      this.#names.matches(this.#recipe, actual.toString('utf8'), captured)
    ) {
      for (const [name, value] of captured) this.#names.bind(name, value);
      return [];
    }
    return [{ path: 'payload', expected: this.description, actual: showPayload(actual) }];
  }
}

function isPattern(recipe: PayloadRecipe): boolean {
  if (typeof recipe !== 'string') return false;
  return placeholdersIn(recipe).some(({ kind }) => ['any', 'capture', 'expression', 'words'].includes(kind));
}

/** The next data message is to be this one. */
function messageExpectation(
  actor: WebSocketActor,
  type: string,
  recipe: PayloadRecipe,
  names: Names,
): Expectation {
  const pattern = new PayloadPattern(recipe, names);
  const expected = `${actor.name} to receive the ${type} message ${pattern.description}`;
  return arrivalFor(actor, {
    expected,
    judge(event): Judgement {
      if (event.kind !== 'message') return 'other';
      const differences = pattern.compare(event.payload);
      if (event.type !== type) differences.unshift({ path: 'type', expected: type, actual: event.type });
      if (differences.length === 0) return 'met';
      return actor.mismatch(expected, `a ${event.type} message: ${showPayload(event.payload)}`, differences);
    },
  });
}

/** A ping or pong is to come; others and messages are passed over (RFC 6455 section 5.5.3). */
function controlExpectation(
  actor: WebSocketActor,
  word: string,
  recipe: PayloadRecipe,
  names: Names,
): Expectation {
  const pattern = new PayloadPattern(recipe, names);
  const wanted = word === 'ping' ? opcode.ping : opcode.pong;
  return arrivalFor(actor, {
    expected: `${actor.name} to receive a ${word} with the payload ${pattern.description}`,
    judge(event): Judgement {
      if (event.kind !== 'frame' || event.frame.opcode !== wanted) return 'other';
      return pattern.compare(event.frame.payload).length === 0 ? 'met' : 'other';
    },
  });
}

/** The next frame, or the next one among data or among control frames, is to be like the pattern. */
function frameExpectation(actor: WebSocketActor, pattern: FramePattern, names: Names): Expectation {
  const payload = pattern.payload === undefined ? undefined : new PayloadPattern(pattern.payload, names);
  const wanted = pattern.opcode === undefined ? undefined : opcodeNumber(pattern.opcode);
  const expected = `${actor.name} to receive ${describePattern(pattern, payload)}`;
  return arrivalFor(actor, {
    expected,
    judge(event): Judgement {
      if (event.kind !== 'frame') return 'other';
      const { frame } = event;
      // Control frames may stand between any others; data frames come in the order of their messages.
      const mayStandBetween = isControl(frame.opcode) || (wanted !== undefined && isControl(wanted));
      if (wanted !== undefined && frame.opcode !== wanted && mayStandBetween) return 'other';
      const differences = frameDifferences(pattern, payload, event);
      if (differences.length === 0) return 'met';
      return actor.mismatch(expected, describeFrame(event.frame), differences);
    },
  });
}

function frameDifferences(
  pattern: FramePattern,
  payload: PayloadPattern | undefined,
  event: FrameEvent,
): Differences {
  const { frame } = event;
  const differences: Differences = [];
  if (pattern.opcode !== undefined && opcodeNumber(pattern.opcode) !== frame.opcode)
    differences.push({ path: 'opcode', expected: String(pattern.opcode), actual: opcodeName(frame.opcode) });
  for (const name of ['fin', 'rsv1', 'rsv2', 'rsv3'] as const)
    if (pattern[name] !== undefined && pattern[name] !== frame[name])
      differences.push({ path: name, expected: String(pattern[name]), actual: String(frame[name]) });
  if (pattern.mask !== undefined && pattern.mask !== frame.masked)
    differences.push({ path: 'mask', expected: String(pattern.mask), actual: String(frame.masked) });
  return [...differences, ...(payload?.compare(frame.payload) ?? [])];
}

function describePattern(pattern: FramePattern, payload: PayloadPattern | undefined): string {
  const { opcode, payload: _payload, ...bits } = pattern;
  const named = opcode === undefined ? 'a frame' : `a ${opcodeName(opcodeNumber(opcode))} frame`;
  const traits = Object.entries(bits).map(([name, value]) => `${name}: ${value}`);
  if (payload) traits.push(`payload: ${payload.description}`);
  return traits.length === 0 ? named : `${named} with ${traits.join(', ')}`;
}

/** Nothing is to come before the pong for the sentinel; what a server may send at any time is passed over. */
function nothingBeforeSentinel(actor: WebSocketActor): Expectation {
  const expected = `${actor.name} to receive no message before the pong for the sentinel`;
  return arrivalFor(actor, {
    expected,
    judge(event): Judgement {
      if (actor.isLatestSentinel(event)) return 'met';
      if (event.kind === 'message') {
        const what = `a ${event.type} message came before the sentinel`;
        return {
          ...actor.finding('mismatch', expected, what),
          nearest: `a ${event.type} message: ${showPayload(event.payload)}`,
        };
      }
      if (actor.answersPong(event))
        return actor.finding(
          'mismatch',
          expected,
          'the server answered a pong with a pong of the same payload',
        );
      return 'other';
    },
  });
}

/** More comes than is read: what a server without limits makes of a message that became too large. */
function overloadExpectation(actor: WebSocketActor): Expectation {
  const expected = `${actor.name} to receive more than it reads`;
  return new ArrivalExpectation(actor, {
    expected,
    judge(event): Judgement {
      if (event.kind === 'flood' || (event.kind === 'violation' && event.section === '10.4')) return 'met';
      const violation = actor.violation(expected, event);
      if (violation) return violation;
      if (event.kind === 'close' || event.kind === 'ended')
        return actor.finding('closed', expected, `what came was ${actor.describe(event)}`);
      return 'other';
    },
    take: (arrival) => actor.take(arrival),
  });
}

/**
 * Nothing comes for a while. The one verb that measures time: where a frame is unfinished no sentinel can stand, so
 * a server that waits for the rest is told from one that has seen enough only by its silence.
 */
class Silence implements Expectation {
  readonly #actor: WebSocketActor;
  readonly #until: number;
  #over = false;

  constructor(actor: WebSocketActor, forMs: number) {
    this.#actor = actor;
    this.#until = performance.now() + forMs;
  }

  look(): Look {
    // The body of a response is part of what came before.
    const first = this.#actor.inbox.waiting().find(({ event }) => event.kind !== 'body');
    if (first) {
      const text = `${this.#actor.describe(first.event)} came`;
      return { state: 'broken', finding: this.#actor.finding('unexpected', this.#expected, text) };
    }
    return this.#over ? { state: 'met', take: () => undefined } : { state: 'waiting' };
  }

  get #expected(): string {
    return `${this.#actor.name} to receive nothing for a while`;
  }

  settled(): void {
    this.#over = true;
  }

  onArrival(listener: () => void): () => void {
    const timer = setTimeout(() => {
      this.#over = true;
      listener();
    }, this.#until - performance.now());
    const stop = this.#actor.inbox.onArrival(listener);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }

  late(): Finding {
    return this.#actor.finding('silence', this.#expected, 'the case had no time to wait so long');
  }
}

function timeIn({ time = '' }: Readonly<Record<string, string>>): number {
  const duration = parseDuration(time);
  if (duration !== undefined && duration <= 5_000) return duration;
  throw new StepMistake(`\`${time}\` is no short time`, 'such as 800ms; at most 5s');
}

export const receivingVerbs = [
  verb({
    subject: 'actor',
    phrase: 'receives {text|binary}',
    takes: payloadSchema,
    summary:
      'The next data message has this type and this payload, in however many frames. Control frames are passed over; another message, a violation of the protocol or the end of the connection fails at once',
    example: '- client receives text: Hello',
    prepare: ({ value }) => checkPayload(value),
    expect: (step, stage) =>
      messageExpectation(actorOf(step, stage), step.slots['text|binary'] ?? '', step.value, stage.names),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives {ping|pong}',
    takes: payloadSchema,
    summary:
      'A ping or pong with this payload comes; others, which nobody need have asked for, are passed over',
    example: '- client receives pong: are you there?',
    prepare: ({ value }) => checkPayload(value),
    expect: (step, stage) =>
      controlExpectation(actorOf(step, stage), step.slots['ping|pong'] ?? '', step.value, stage.names),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives frame',
    takes: framePatternSchema,
    summary:
      'The next frame is like this. Where a data opcode is named, control frames are passed over; where a control opcode is named, all frames with another opcode',
    example: '- client receives frame: { opcode: pong, fin: true, mask: false, payload: Hello }',
    prepare: ({ value }) => value.payload === undefined || checkPayload(value.payload),
    expect: (step, stage) => frameExpectation(actorOf(step, stage), step.value, stage.names),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives more than it reads',
    summary:
      'A frame or a message comes that is larger than the 64 MiB that are read, or more that no step takes than is kept; anywhere else that fails the case',
    example: '- client receives more than it reads',
    expect: (step, stage) => overloadExpectation(actorOf(step, stage)),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives nothing before sentinel',
    summary:
      'No message, no answer to a pong, no close frame and no end of the connection comes before the pong for the sentinel',
    example: '- client receives nothing before sentinel',
    expect: (step, stage) => nothingBeforeSentinel(actorOf(step, stage)),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives nothing for {time}',
    waits: true,
    summary:
      'Nothing at all comes for so long. Only for an outcome after an unfinished frame, where no sentinel can stand; a sentinel proves more, and sooner',
    example: '- client receives nothing for 800ms',
    prepare: ({ slots }) => timeIn(slots),
    expect: (step, stage) => new Silence(actorOf(step, stage), step.prepared),
  }),
];
