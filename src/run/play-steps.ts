import type { Step, VerbStep } from '../suite/case.ts';
import { type Expectation, meet, type Patience } from '../vocabulary/expectation.ts';
import type { Names } from '../vocabulary/names.ts';
import type { Stage } from '../vocabulary/stage.ts';
import type { StepPlay } from '../vocabulary/vocabulary.ts';

/** What a step that did not hold adds to its finding: which step it was. */
export class FailedStep extends Error {
  readonly step: Step;
  override readonly cause: unknown;
  constructor(step: Step, cause: unknown) {
    super(`${step.sentence}: ${cause instanceof Error ? cause.message : String(cause)}`);
    this.name = 'FailedStep';
    this.step = step;
    this.cause = cause;
  }
}

/** An outcome came that the specification allows but does not prefer. */
export interface Tolerated {
  step: Step;
  why: string;
}

export interface Play {
  stage: Stage;
  settled?: (() => Promise<void>) | undefined;
  tolerated: Tolerated[];
}

/** Plays steps one after another; the first that does not hold ends it with `FailedStep`. */
export async function playSteps(steps: readonly Step[], play: Play): Promise<void> {
  for (const step of steps) {
    try {
      play.stage.signal.throwIfAborted();
      await playStep(step, play);
    } catch (error) {
      throw error instanceof FailedStep ? error : new FailedStep(step, error);
    }
  }
}

async function playStep(step: Step, play: Play): Promise<void> {
  switch (step.kind) {
    case 'verb':
      await playVerb(step, play);
      return;
    case 'repeat':
      for (let round = 1; round <= step.times; round++) {
        const names = play.stage.names.nested();
        if (step.as !== undefined) names.bind(step.as, String(round));
        await playSteps(step.steps, withNames(play, names));
      }
      return;
    case 'together':
      await playTogether(step.branches, play);
      return;
    case 'one of': {
      const expectations = step.outcomes.map((outcome) => expectationOf(outcome.steps[0], play));
      const came =
        step.outcomes[
          await meet(
            expectations,
            patienceFor(
              step.outcomes.map((one) => one.steps[0]),
              play,
            ),
          )
        ];
      if (came === undefined) return;
      if (came.observed !== undefined) play.stage.observe(came.observed);
      if (came.tolerated !== undefined) play.tolerated.push({ step: came.steps[0], why: came.tolerated });
      await playSteps(came.steps.slice(1), play);
    }
  }
}

async function playVerb(step: VerbStep, play: Play): Promise<void> {
  play.stage.transcript.step(step.subject, step.sentence);
  if (step.verb.expect) await meet([expectationOf(step, play)], patienceFor([step], play));
  else await step.verb.play?.(stepPlay(step, play), stageOf(step, play));
}

/** All branches are played to their end, so that none goes on behind the back of a failed case. */
async function playTogether(branches: readonly Step[][], play: Play): Promise<void> {
  const outcomes = await Promise.allSettled(branches.map((branch) => playSteps(branch, play)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

function expectationOf(step: VerbStep, play: Play): Expectation {
  const expectation = step.verb.expect?.(stepPlay(step, play), stageOf(step, play));
  if (!expectation) throw new Error(`${step.verb.phrase} waits for nothing, so it cannot be an outcome`);
  return expectation;
}

function stepPlay(step: VerbStep, play: Play): StepPlay {
  const { subject, slots, value, prepared } = step;
  return { subject, slots, value, prepared, within: step.withinMs ?? play.stage.patience };
}

/** The stage as one step sees it: what the step tolerates is held against this step. */
function stageOf(step: Step, play: Play): Stage {
  return { ...play.stage, tolerate: (why) => play.tolerated.push({ step, why }) };
}

function patienceFor(steps: readonly VerbStep[], play: Play): Patience {
  const withinMs = Math.max(...steps.map((step) => step.withinMs ?? play.stage.patience));
  return { withinMs, signal: play.stage.signal, settled: play.settled };
}

function withNames(play: Play, names: Names): Play {
  return { ...play, stage: { ...play.stage, names } };
}
