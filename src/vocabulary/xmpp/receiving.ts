import type { XmlElement } from '../../xmpp/element.ts';
import { parseFragment } from '../../xmpp/parse-xml.ts';
import { compilePattern, type PatternOptions, type StanzaPattern } from '../../xmpp/pattern.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import { actorAs, StepMistake, verb } from '../vocabulary.ts';
import { XmppActor } from './actor.ts';
import { compare, elementOf, nearestOf, StanzaExpectation } from './stanza-expectation.ts';
import { StanzaGroup } from './stanza-group.ts';
import { StanzaRemains } from './stanza-remains.ts';

/** What ends a stream; a sentinel that comes all the same does not undo it. */
const endings: ReadonlySet<string> = new Set(['stream-end', 'stream-error', 'ended', 'violation']);

/** Parses XML as a suite writes it; what is wrong with it is a mistake of the suite. */
export function parseStanza(text: string): XmlElement {
  try {
    return parseFragment(text, { defaultNamespace: 'jabber:client' });
  } catch (error) {
    throw new StepMistake(
      `this XML cannot be read: ${(error as Error).message}`,
      `it is: ${text.slice(0, 200)}`,
    );
  }
}

export function patternOf(text: string, options: PatternOptions = {}): StanzaPattern {
  const pattern = compilePattern(parseStanza(text), options);
  const misplaced = marksOutOfPlace(pattern.wanted);
  if (misplaced === undefined) return pattern;
  throw new StepMistake(
    `${misplaced} stands where it says nothing`,
    'it belongs at the beginning of what an element holds, before its text and its children',
  );
}

/** The first `{=}` or `{+}` that is left in an element: where none may be. */
function marksOutOfPlace(element: XmlElement): string | undefined {
  const mark = /(?<!\{)\{[=+]\}/;
  const here = [...element.attributes.values(), element.text].flatMap((text) => mark.exec(text)?.[0] ?? []);
  return here[0] ?? element.elements.map(marksOutOfPlace).find((found) => found !== undefined);
}

function patternsOf({ times, as, message }: { times: number; as: string; message: string }): StanzaPattern[] {
  return Array.from({ length: times }, (_, index) =>
    patternOf(message.replaceAll(`{${as}}`, String(index + 1))),
  );
}

function patternsIn(value: readonly string[] | Parameters<typeof patternsOf>[0]): StanzaPattern[] {
  return isList(value) ? value.map((text) => patternOf(text)) : patternsOf(value);
}

/** `Array.isArray` does not know lists that are not to be changed. */
function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

const stanza = {
  type: 'string',
  pattern: '^\\s*<',
  description: 'XML, as the specification writes it',
} as const;
/** Many stanzas that differ in a number. */
const row = {
  type: 'object',
  properties: {
    times: { type: 'integer', minimum: 2, maximum: 100_000 },
    as: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
    message: stanza,
  },
  required: ['times', 'as', 'message'],
  additionalProperties: false,
} as const;
const rowWithRepeats = {
  ...row,
  properties: {
    ...row.properties,
    repeats: { type: 'boolean', description: 'That one comes a second time fails nothing here' },
  },
} as const;
const patterns = { anyOf: [stanza, { type: 'array', items: stanza, minItems: 1 }] } as const;

/** Nothing that the pattern describes has come when the sentinel comes, which was sent after it on the same path. */
class NothingBeforeSentinel implements Expectation {
  readonly #actor: XmppActor;
  readonly #patterns: readonly StanzaPattern[];
  readonly #stage: Parameters<NonNullable<(typeof receivesNothing)['expect']>>[1];

  constructor(
    actor: XmppActor,
    unwanted: readonly StanzaPattern[],
    stage: Parameters<NonNullable<(typeof receivesNothing)['expect']>>[1],
  ) {
    this.#actor = actor;
    this.#patterns = unwanted;
    this.#stage = stage;
  }

  get #expected(): string {
    const what =
      this.#patterns.length === 0
        ? 'nothing'
        : `no ${this.#patterns.map((pattern) => pattern.describe()).join(' and no ')}`;
    return `${this.#actor.name} to receive ${what} before the sentinel`;
  }

  look(): Look {
    for (const arrival of this.#actor.inbox.waiting()) {
      const element = elementOf(arrival);
      if (!element) {
        const broken = endings.has(arrival.event.kind) ? this.#actor.brokenBy(this.#expected) : undefined;
        if (broken) return broken;
        continue;
      }
      if (this.#actor.isSentinel(element))
        return {
          state: 'met',
          take: () => {
            arrival.taken = true;
          },
        };
      if (this.#isUnwanted(element)) {
        const finding = this.#actor.finding('mismatch', this.#expected, 'it came before the sentinel');
        return { state: 'broken', finding: { ...finding, nearest: element.toXml('jabber:client') } };
      }
    }
    return this.#actor.brokenBy(this.#expected) ?? { state: 'waiting' };
  }

  #isUnwanted(element: XmlElement): boolean {
    if (this.#patterns.length === 0) return !this.#actor.isHarmless(element);
    return this.#patterns.some(
      (pattern) => compare(pattern, element, this.#stage.names).differences.length === 0,
    );
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    return this.#actor.finding(
      'silence',
      this.#expected,
      `the sentinel itself did not come within ${withinMs} ms, so nothing is proven`,
    );
  }
}

const receivesNothing = verb({
  subject: 'actor',
  phrase: 'receives nothing before sentinel',
  takes: patterns,
  optional: true,
  summary:
    'Nothing (or nothing like that) comes before the sentinel, which was sent after it on the same path. Without a pattern, what a server may send at any time is passed over: its own requests, stream management, and the reflection of own presence',
  example: '- juliet receives nothing before sentinel: <message/>',
  prepare: ({ value }) => [value ?? []].flat().map((text) => patternOf(text)),
  expect: (step, stage): Expectation =>
    new NothingBeforeSentinel(actorAs(stage, step.subject, XmppActor), step.prepared, stage),
});

export const receivingVerbs = [
  verb({
    subject: 'actor',
    phrase: 'receives',
    takes: stanza,
    summary:
      'An element comes that is like the pattern: what the pattern names must be there, more may be. Others are passed over; one with the same id and other content fails at once',
    example: "- juliet receives: <message from='{romeo.full}' id='{#m}'><body>Wherefore</body></message>",
    prepare: ({ value }) => patternOf(value),
    expect: (step, stage) =>
      new StanzaExpectation(actorAs(stage, step.subject, XmppActor), step.prepared, stage.names),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives exactly',
    takes: stanza,
    summary: 'As `receives`, but the element has no attribute and no child that the pattern does not name',
    example: "- romeo receives exactly: <iq type='result' id='{#p}' from='{domain}' to='{romeo.full}'/>",
    prepare: ({ value }) => patternOf(value, { exactly: true }),
    expect: (step, stage) =>
      new StanzaExpectation(actorAs(stage, step.subject, XmppActor), step.prepared, stage.names),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives as written',
    takes: stanza,
    summary:
      'As `receives`, but the elements that the pattern names have the prefixes that they have there, or none (RFC 6120 sections 4.8.5 and 8.4)',
    example: `- juliet receives as written: |
    <message id='{#m}'><v:lark xmlns:v='urn:example:verona'/></message>`,
    prepare: ({ value }) => patternOf(value, { asWritten: true }),
    expect: (step, stage) =>
      new StanzaExpectation(actorAs(stage, step.subject, XmppActor), step.prepared, stage.names),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives next',
    takes: stanza,
    summary:
      'As `receives`, but no other element comes before it, of those that no step has taken yet: for where each element that comes is to be named',
    example: "- romeo receives next: <presence from='{romeo.full}'/>",
    prepare: ({ value }) => patternOf(value),
    expect: (step, stage) =>
      new StanzaExpectation(actorAs(stage, step.subject, XmppActor), step.prepared, stage.names, {
        next: true,
      }),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives in turn',
    takes: stanza,
    summary:
      'As `receives`, but after whatever earlier steps have received in turn: what came before it is passed over for good',
    example: "- romeo receives in turn: <presence from='{juliet.full}'/>",
    prepare: ({ value }) => patternOf(value),
    expect: (step, stage) =>
      new StanzaExpectation(actorAs(stage, step.subject, XmppActor), step.prepared, stage.names, {
        inTurn: true,
      }),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives without white space',
    takes: stanza,
    summary:
      'As `receives`, but no white space came before the element since the actor last wrote (RFC 6120 sections 5.3.3 and 6.3.5)',
    example: "- romeo receives without white space: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    prepare: ({ value }) => patternOf(value),
    expect: (step, stage) =>
      new StanzaExpectation(actorAs(stage, step.subject, XmppActor), step.prepared, stage.names, {
        unspaced: true,
      }),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives in any order',
    takes: { anyOf: [{ type: 'array', items: stanza, minItems: 2 }, row] },
    summary: 'Each of these comes, in whatever order; one that comes a second time is left for later steps',
    example: `- romeo receives in any order:
    - <presence from='{juliet.full}'/>
    - <message from='{juliet.bare}'/>`,
    binds: (value) => (isList(value) ? [] : [value.as]),
    prepare: ({ value }) => patternsIn(value),
    expect: (step, stage) =>
      new StanzaGroup(actorAs(stage, step.subject, XmppActor), step.prepared, stage.names, {
        ordered: false,
      }),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives in order',
    takes: { anyOf: [{ type: 'array', items: stanza, minItems: 2 }, rowWithRepeats] },
    summary:
      'These come one after another, each once: one that comes before its turn, or a second time, fails; with `repeats`, one that comes a second time is left for later steps. Others between them are passed over',
    example: `- juliet receives in order:
    times: 100
    as: n
    message: <message from='{romeo.full}' id='{#m}-{n}'/>`,
    binds: (value) => (isList(value) ? [] : [value.as]),
    prepare: ({ value }) => patternsIn(value),
    expect: (step, stage) =>
      new StanzaGroup(actorAs(stage, step.subject, XmppActor), step.prepared, stage.names, {
        ordered: true,
        repeats: !isList(step.value) && step.value.repeats === true,
      }),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives what is left of',
    takes: row,
    summary:
      'Takes what has come of these when the sentinel comes, which has to; how many did not come, came again or came late is written down as an observation, and fails nothing',
    example: `- juliet receives what is left of:
    times: 100
    as: n
    message: <message from='{romeo.full}' id='{#m}-{n}'/>`,
    binds: (value) => [value.as],
    prepare: ({ value }) => patternsOf(value),
    expect: (step, stage) => new StanzaRemains(actorAs(stage, step.subject, XmppActor), step.prepared, stage),
  }),
  receivesNothing,
];

export { nearestOf };
