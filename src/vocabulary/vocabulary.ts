import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import type { CapabilityName } from '../target/capabilities.ts';
import type { RunningTarget } from '../target/running-target.ts';
import type { Expectation } from './expectation.ts';
import type { Actor, Stage } from './stage.ts';

/** Who a sentence is about: one of the case's actors, the server, or the network between them. */
export type Subject = 'actor' | 'server' | 'network';

/** What a verb gets when a case is loaded: the step's words and its value, `each` already filled in. */
export interface StepText<V = unknown> {
  /** The words that stood in the phrase's slots, by slot name. */
  slots: Readonly<Record<string, string>>;
  /** What followed the colon; `undefined` where nothing did. */
  value: V;
}

/** What a verb gets when its step is played. */
export interface StepPlay<V = unknown, P = unknown> extends StepText<V> {
  subject: string;
  prepared: P;
  /** How long a receiving verb may wait, in milliseconds. */
  within: number;
}

/**
 * A verb: what a step does. Exactly one of `play` (it acts) and `expect` (it waits for something that the
 * server does, and can therefore stand in `one of`) is given.
 */
export interface Verb<V = unknown, P = unknown> {
  subject: Subject;
  /** The words after the subject, slots in braces: `receives nothing before sentinel`, `cuts {actor}`. */
  phrase: string;
  /** JSON Schema of what follows the colon; absent: nothing may follow. */
  takes?: JSONSchema;
  /** What follows the colon may be left out. */
  optional?: boolean;
  /** It waits for silence, for as long as it is told: cases that hold it are begun early. */
  waits?: true;
  /** One line of help. */
  summary: string;
  /** A whole step, as it stands in a suite file. */
  example: string;
  /** Names that the value itself binds, for use inside it: a loop counter. */
  binds?(value: V): string[];
  /** Compiles the value when the case is loaded; throws `StepMistake` for what the schema cannot say. */
  prepare?(text: StepText<V>): P;
  play?(step: StepPlay<V, P>, stage: Stage): Promise<void> | void;
  expect?(step: StepPlay<V, P>, stage: Stage): Expectation;
}

/** A state that `given` brings an actor into, weakest first. */
export interface State {
  name: string;
  summary: string;
}

/** A placeholder that names a fact about an actor: `{romeo.bare}`. */
export interface ActorFact {
  name: string;
  summary: string;
}

export interface Vocabulary {
  name: string;
  summary: string;
  verbs: Verb[];
  /** Only vocabularies that a suite can `use` have actors. */
  actors?: ActorKind;
}

export interface ActorKind {
  states: State[];
  /** JSON Schema properties that stand beside `state` where `given` describes an actor by a mapping. */
  options: Record<string, JSONSchema>;
  facts: ActorFact[];
  /** Capabilities without which a target has nothing to do with a case: the endpoints that its actors speak to. */
  needs(given: ReadonlyMap<string, GivenActor>): CapabilityName[];
  /** How its actors can reach the server, where a suite may say so (`over`); the first is meant where none does. */
  transports?: readonly string[];
  variants?: Variants;
  /** Makes the actors of a case and brings each into its state; what fails here is `inconclusive`. */
  bring(given: Map<string, GivenActor>, stage: Stage): Promise<void>;
}

/** Ways in which one case is played, each with a verdict of its own: a binding, or a transport. */
export interface Variants {
  /** All that there are for a case that is to be played over these transports. */
  of(over: readonly string[]): Variant[];
  /** Whether the target speaks it. */
  fits(name: string, target: RunningTarget): boolean;
  /** Capabilities that it needs for what a case is given: a session that outlives its connection. */
  needs?(name: string, given: ReadonlyMap<string, GivenActor>): CapabilityName[];
}

export interface Variant {
  name: string;
  /** What follows the id of the case: `/websocket`; nothing for the way in which the case is written. */
  suffix: string;
}

export interface GivenActor {
  name: string;
  state: string;
  options: Record<string, unknown>;
}

/** A step that cannot be played as written, found when its file is loaded. */
export class StepMistake extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'StepMistake';
    this.hint = hint;
  }
}

type ValueOf<S> = S extends JSONSchema ? FromSchema<S> : undefined;

/** Declares a verb, so that `play` and `expect` see their value in the type that its schema says. */
export function verb<const S extends JSONSchema | undefined, P = undefined, O extends boolean = false>(
  definition: Omit<Verb, 'takes' | 'optional' | 'binds' | 'prepare' | 'play' | 'expect'> & {
    takes?: S;
    optional?: O;
    binds?(value: ValueOf<S>): string[];
    prepare?(text: StepText<O extends true ? ValueOf<S> | undefined : ValueOf<S>>): P;
    play?(
      step: StepPlay<O extends true ? ValueOf<S> | undefined : ValueOf<S>, P>,
      stage: Stage,
    ): Promise<void> | void;
    expect?(
      step: StepPlay<O extends true ? ValueOf<S> | undefined : ValueOf<S>, P>,
      stage: Stage,
    ): Expectation;
  },
): Verb {
  return definition as unknown as Verb;
}

/** The actor that a step is about, as the class its vocabulary makes. */
export function actorAs<A extends Actor>(
  stage: Stage,
  name: string,
  kind: abstract new (...args: never[]) => A,
): A {
  const actor = stage.actors.get(name);
  if (actor instanceof kind) return actor;
  throw new Error(`${name} is no actor of this vocabulary (${kind.name} expected)`);
}
