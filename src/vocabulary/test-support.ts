import { afterEach } from 'vitest';
import { Transcript } from '../record/transcript.ts';
import type { RunningTarget } from '../target/running-target.ts';
import { type Finding, meet, StepFailure } from './expectation.ts';
import { Names } from './names.ts';
import { understand } from './sentence.ts';
import type { Actor, Stage } from './stage.ts';
import type { GivenActor, Vocabulary } from './vocabulary.ts';

export type StepText = string | Record<string, unknown>;

export interface Outcome {
  finding?: Finding;
  tolerated: string[];
  observed: string[];
  names: Names;
}

export interface Scene {
  vocabulary: Vocabulary;
  /** What the vocabulary asks of a target; the rest is missing. */
  target: Partial<RunningTarget>;
  given: GivenActor;
  steps: readonly StepText[];
  withinMs: number;
  /** Steps see nothing of what came while the actor was brought into its state, as in a run. */
  forgets?: boolean;
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Does something when the test is over, the latest thing first. */
export function afterwards(close: () => unknown): void {
  closers.push(close);
}

/** Plays steps by one actor, as a run would; stops at the first that does not hold. */
export async function playScene(scene: Scene): Promise<Outcome> {
  const { vocabulary, target, given, steps, withinMs, forgets } = scene;
  const actors = new Map<string, Actor>();
  const names = new Names((actor, fact) => actors.get(actor)?.fact(fact));
  const tolerated: string[] = [];
  const observed: string[] = [];
  const stage: Stage = {
    target: target as RunningTarget,
    variant: undefined,
    actors,
    names,
    transcript: new Transcript(),
    signal: AbortSignal.timeout(30_000),
    patience: withinMs,
    newAccount: () => (target as RunningTarget).newAccount(),
    link: async (_actor, endpoint) => endpoint,
    relay: () => undefined,
    addSecret: () => undefined,
    observe: (text) => observed.push(text),
    tolerate: (why) => tolerated.push(why),
  };
  afterwards(() => {
    for (const actor of actors.values()) actor.dispose();
  });
  await vocabulary.actors?.bring(new Map([[given.name, given]]), stage);
  if (forgets) for (const actor of actors.values()) actor.forgetArrivals();
  try {
    for (const step of steps) await playStep(step, vocabulary, stage, withinMs);
  } catch (error) {
    if (error instanceof StepFailure) return { finding: error.finding, tolerated, observed, names };
    throw error;
  }
  return { tolerated, observed, names };
}

async function playStep(step: StepText, { verbs }: Vocabulary, stage: Stage, within: number): Promise<void> {
  const [sentence, value] = typeof step === 'string' ? [step, undefined] : (Object.entries(step)[0] ?? ['']);
  const understood = understand(sentence, verbs, [...stage.actors.keys()]);
  if ('kind' in understood) throw new Error(`nobody understands: ${sentence}`);
  const { subject, verb, slots } = understood;
  const prepared = verb.prepare?.({ slots, value });
  const played = { subject, slots, value, prepared, within };
  if (verb.expect) await meet([verb.expect(played, stage)], { withinMs: within, signal: stage.signal });
  else await verb.play?.(played, stage);
}
