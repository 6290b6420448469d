import { setMaxListeners } from 'node:events';
import type { CaseResult, Failure, TranscriptEntry } from '../record/record.schema.ts';
import { Transcript } from '../record/transcript.ts';
import { type Case, type Step, verbSteps } from '../suite/case.ts';
import { type RunningTarget, serviceNames } from '../target/running-target.ts';
import { StepFailure } from '../vocabulary/expectation.ts';
import { Names } from '../vocabulary/names.ts';
import type { Actor, Stage } from '../vocabulary/stage.ts';
import { isAlive } from './alive.ts';
import { FailedStep, type Play, playSteps } from './play-steps.ts';
import { Relays } from './relays.ts';

export interface PlayOptions {
  /** Default for `within`, in milliseconds. */
  patienceMs: number;
  /** Which of the vocabulary's variants is played, where it has any. */
  variant?: string;
  /** Aborted when the run is stopped. */
  signal: AbortSignal;
  /** Let the faults act before what is given is set up; default: from the first step on. */
  armEarly?: boolean;
  /** Play as though time were over once the embedded server has nothing more to say. */
  impatient?: boolean;
  /** Is told what passes as it passes, with the strings that are to be taken out of it: those that are known so far. */
  onEntry?(entry: TranscriptEntry, secrets: readonly string[]): void;
}

/** What came of a case, and the strings that must be taken out of its evidence. */
export interface Played {
  result: Pick<CaseResult, 'verdict' | 'durationMs'> & Partial<CaseResult>;
  transcript: Transcript;
  secrets: string[];
  /** What the case waited for accounts, in milliseconds; those made side by side count each. */
  provisionMs: number;
  /** The server went away: cases that follow cannot be played on it unless it comes back. */
  serverGone: boolean;
}

type Ending = Partial<CaseResult> & Pick<CaseResult, 'verdict'>;

/** The reason of what could not be judged because the server is no more. */
const goneAway = 'the server went away: it no longer accepts connections';

/** The case's budget is used up: aborts whatever the case is waiting for. */
class BudgetSpent extends Error {}

/** Plays one case from `given` to its verdict. Never throws for what a server does. */
export async function playCase(one: Case, target: RunningTarget, options: PlayOptions): Promise<Played> {
  const began = performance.now();
  const budget = new AbortController();
  const timer = setTimeout(() => budget.abort(new BudgetSpent(`budget of ${one.budgetMs} ms`)), one.budgetMs);
  const signal = AbortSignal.any([budget.signal, options.signal]);
  // Dozens of actors may wait at a time.
  setMaxListeners(0, signal);
  const secrets: string[] = [];
  const { onEntry } = options;
  const transcript = new Transcript(onEntry && ((entry) => onEntry(entry, secrets)));
  const relays = new Relays(disturbedActors(one.steps));
  const observations: string[] = [];
  let provisionMs = 0;
  const actors = new Map<string, Actor>();
  const names = new Names((actor, fact) => actors.get(actor)?.fact(fact));
  names.bind('domain', target.domain);
  for (const service of serviceNames) {
    const address = target[service];
    if (address !== undefined) names.bind(service, address);
  }
  const stage: Stage = {
    target,
    variant: options.variant,
    actors,
    names,
    transcript,
    signal,
    patience: options.patienceMs,
    newAccount: async () => {
      const since = performance.now();
      try {
        return await target.newAccount(signal);
      } finally {
        provisionMs += performance.now() - since;
      }
    },
    link: (actor, endpoint) => relays.link(actor, endpoint),
    relay: (actor) => relays.of(actor),
    addSecret: (secret) => secrets.push(secret),
    observe: (text) => observations.push(text),
    tolerate: (why) => observations.push(why),
  };
  if (options.armEarly) target.arm?.();
  const play: Play = {
    stage,
    tolerated: [],
    settled: options.impatient ? quiet(target, relays, actors) : undefined,
  };
  let ending: Ending;
  try {
    ending = await setUpAndPlay(one, play);
  } finally {
    clearTimeout(timer);
    for (const actor of actors.values()) actor.dispose();
    await relays.close();
  }
  const result = { ...ending, durationMs: performance.now() - began };
  if (observations.length > 0) result.observations = observations;
  return { result, transcript, secrets, provisionMs, serverGone: ending.reason === goneAway };
}

async function setUpAndPlay(one: Case, play: Play): Promise<Ending> {
  const { stage } = play;
  try {
    await one.suite.vocabulary.actors?.bring(one.given, stage);
    for (const actor of stage.actors.values()) actor.forgetArrivals();
  } catch (error) {
    return verdictOfSetUp(error, stage);
  }
  stage.target.arm?.();
  try {
    await playSteps(one.steps, play);
  } catch (error) {
    return verdictOfFailure(error, one, stage);
  }
  const [tolerated] = play.tolerated;
  if (!tolerated) return { verdict: 'pass' };
  return {
    verdict: 'warn',
    failure: {
      kind: 'unexpected',
      step: placeOf(tolerated.step),
      expected: 'the outcome that the specification prefers',
      nearest: tolerated.step.sentence,
      message: `tolerated: ${tolerated.why}`,
      tolerated: tolerated.why,
    },
  };
}

/** Resolves when neither the embedded server nor anything between it and the steps has more to do. */
function quiet(
  target: RunningTarget,
  relays: Relays,
  actors: ReadonlyMap<string, Actor>,
): (() => Promise<void>) | undefined {
  const settled = target.settled;
  return settled && (() => settled(() => relays.busy || [...actors.values()].some((actor) => actor.busy)));
}

/** What is given could not be set up: nothing was learnt about the requirement. */
async function verdictOfSetUp(error: unknown, stage: Stage): Promise<Ending> {
  const text = error instanceof Error ? error.message : String(error);
  if (isOurs(error)) return { verdict: 'error', failure: internal(error) };
  const finding =
    error instanceof StepFailure
      ? error.finding
      : { expected: 'the state that the case is given', message: text };
  return {
    verdict: 'inconclusive',
    reason: (await wentAway(stage)) ? goneAway : `set-up failed: ${text}`,
    failure: { ...finding, kind: 'setup' },
  };
}

/** A run that is stopped waits for no answer to this. */
async function wentAway({ signal, target }: Stage): Promise<boolean> {
  const isStopped = signal.aborted && !(signal.reason instanceof BudgetSpent);
  return !isStopped && !(await isAlive(target));
}

async function verdictOfFailure(error: unknown, one: Case, stage: Stage): Promise<Ending> {
  const step = error instanceof FailedStep ? error.step : undefined;
  const cause = error instanceof FailedStep ? error.cause : error;
  const place = step ? { step: placeOf(step) } : {};
  if (isOurs(cause)) return { verdict: 'error', failure: { ...internal(cause), ...place } };
  if (stage.signal.aborted && !(stage.signal.reason instanceof BudgetSpent))
    return { verdict: 'inconclusive', reason: 'the run was stopped' };
  const finding = findingOf(cause, one);
  if (await wentAway(stage))
    return {
      verdict: 'inconclusive',
      reason: goneAway,
      failure: { ...finding, ...place },
    };
  return { verdict: one.level === 'MUST' ? 'fail' : 'warn', failure: { ...finding, ...place } };
}

function findingOf(cause: unknown, one: Case): Failure {
  if (cause instanceof StepFailure) return cause.finding;
  if (cause instanceof BudgetSpent)
    return {
      kind: 'silence',
      expected: `the case to be over within ${one.budgetMs} ms`,
      message: `the case was not over within its budget of ${one.budgetMs} ms`,
    };
  const text = cause instanceof Error ? cause.message : String(cause);
  return { kind: 'unexpected', expected: 'the step to go through', message: text };
}

/** A bug of Touchstone or of a library shows as one of JavaScript's own error classes. */
function isOurs(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError ||
    (error instanceof Error && error.constructor === Error && !('code' in error))
  );
}

function internal(error: unknown): Failure {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: 'internal', expected: 'Touchstone to play the step', message: text };
}

function placeOf(step: Step): NonNullable<Failure['step']> {
  const { file, line, column } = step.position;
  return { sentence: step.sentence, file, line, column };
}

/** The actors whose connection the network is told to disturb: they connect through a relay. */
function disturbedActors(steps: readonly Step[]): Set<string> {
  const ofNetwork = verbSteps(steps).filter(({ subject }) => subject === 'network');
  return new Set(ofNetwork.flatMap(({ slots }) => Object.values(slots)));
}
