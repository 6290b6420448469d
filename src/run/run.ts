import { availableParallelism } from 'node:os';
import type { RunRecord } from '../record/record.schema.ts';
import { RecordBuilder, type RunFacts } from '../record/record-builder.ts';
import { type Reporter, together } from '../report/reporter.ts';
import type { Case } from '../suite/case.ts';
import type { Suites } from '../suite/load-suites.ts';
import { type Selection, select } from '../suite/select.ts';
import type { Capabilities } from '../target/capabilities.ts';
import type { TargetDefinition } from '../target/load-target.ts';
import type { RunningTarget } from '../target/running-target.ts';
import { startTarget } from '../target/start-target.ts';
import { claimResults } from './case-result.ts';
import { type KnownFailure, staleEntries } from './known-failing.ts';
import { chosen, idsOf, plan } from './plan.ts';
import { Playing } from './playing.ts';
import {
  definitionsOf,
  factsOfDefinition,
  factsOfMachine,
  factsOfSelection,
  factsOfSuites,
  factsOfTarget,
} from './run-facts.ts';
import { factsOfShard, isOfShard, type Shard } from './shard.ts';
import type { WarmTarget } from './warm-target.ts';

export interface RunOptions {
  target: TargetDefinition;
  suites: Suites;
  selection: Selection;
  knownFailing: readonly KnownFailure[];
  /** Touchstone's own version, for the record. */
  version: string;
  /** Cases played at a time; default: what the target says, else four per core. */
  jobs?: number;
  /** Default for `within`, in milliseconds. */
  patienceMs?: number;
  /**
   * How often a case that fails or is inconclusive is played again; default: never. One that passes then is `flaky`.
   */
  retries?: number;
  /** Keep the transcripts of cases that passed too; default: of the others alone. */
  transcripts?: boolean;
  /** A seed, where cases are to be begun in an order of its own. */
  shuffle?: string;
  /** The suite files that the cases are of, where a change of these is why they are played. */
  changed?: readonly string[];
  /** Which of several runs on the same target this is, from 1 on. */
  round?: number;
  /** Which share of the cases is played, where several runs share them. */
  shard?: Shard;
  /** A container stays up after the run, and one that an earlier run kept is taken. */
  keep?: boolean;
  /** Where the target comes from and stays up afterwards, instead of being started and stopped by this run. */
  warm?: WarmTarget;
  /** Aborting it ends the run early: what was played is recorded, the target is stopped. */
  signal: AbortSignal;
  reporters: readonly Reporter[];
}

/** Longer than the 5 s after which many servers give up on a client: what those do then comes in time in every run. */
const defaultPatienceMs = 7_000;

/**
 * Starts the target, plays the selected cases, stops it, and returns the record. Throws `EmptySelectionError` before
 * anything is started, and what `startTarget` throws. A run that is stopped has a record, however early it is.
 */
export async function run(options: RunOptions): Promise<RunRecord> {
  const { signal } = options;
  const reporter = together(options.reporters);
  const selected = select(options.suites.cases, options.selection, idsOf);
  const clock = new Clock();
  const facts = factsOf(options, clock.started);
  const played = await startAndPlay(options, selected, { facts, clock, reporter }).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  const { builder, ids, stale } = played ?? { builder: new RecordBuilder(facts), ids: [], stale: [] };
  const end = {
    durationMs: clock.total,
    phases: clock.phases,
    ...(signal.aborted ? { interrupted: true } : {}),
    ...(stale.length > 0 ? { staleKnownFailing: stale } : {}),
  };
  const record = builder.finish(end, ids);
  await reporter.onRunEnd(record);
  return record;
}

interface Course {
  facts: RunFacts;
  clock: Clock;
  reporter: Required<Reporter>;
}

interface Outcome {
  builder: RecordBuilder;
  /** In the order in which the record shows the cases. */
  ids: string[];
  /** Entries of known-failing.yaml that name no case. */
  stale: string[];
}

async function startAndPlay(
  options: RunOptions,
  selected: readonly Case[],
  { facts, clock, reporter }: Course,
): Promise<Outcome> {
  const { signal, knownFailing, patienceMs = defaultPatienceMs } = options;
  const { onProgress } = reporter;
  const { warm } = options;
  const keep = options.keep ? { keep: { fresh: false } } : {};
  const starting = { signal, onProgress, apart: true, ...keep } as const;
  const target = await (warm?.get(options.target, starting) ?? startTarget(options.target, starting));
  clock.mark('startMs');
  try {
    const capabilities = await target.capabilities(signal);
    clock.mark('probeMs');
    const all = chosen(plan(selected, target, capabilities), options.selection);
    const { shard } = options;
    const planned = shard ? all.filter(({ id }) => isOfShard(id, shard)) : all;
    const jobs = options.jobs ?? target.jobs ?? availableParallelism() * 4;
    const environment = { ...facts.environment, jobs };
    const begun = {
      ...facts,
      target: factsOfTarget(target, capabilities, facts.target),
      environment,
      definitions: definitionsOf(planned),
      ...(shard
        ? {
            shard: factsOfShard(
              all.map(({ id }) => id),
              shard,
            ),
          }
        : {}),
    };
    const builder = new RecordBuilder(begun);
    reporter.onRunStart({ facts: begun, planned: planned.map((one) => one.id) });
    for (const result of claimResults(capabilities))
      if (!shard || isOfShard(result.id, shard)) reporter.onCaseEnd(builder.add(result));
    const playing = new Playing({
      target: options.target,
      knownFailing,
      patienceMs,
      shuffle: options.shuffle,
      transcripts: options.transcripts ?? false,
      live: options.reporters.some(({ onEntry }) => onEntry !== undefined),
      retries: options.retries ?? 0,
      signal,
      reporter,
      builder,
    });
    await playing.playAll(planned, target, jobs);
    clock.mark('playMs');
    clock.phases.provisionMs = playing.provisionMs;
    return { builder, ids: planned.map((one) => one.id), stale: staleOf(options, target, capabilities) };
  } finally {
    if (!warm) await target.stop();
    clock.mark('stopMs');
  }
}

function staleOf(
  { suites, knownFailing }: RunOptions,
  target: RunningTarget,
  capabilities: Capabilities,
): string[] {
  const ids = plan(suites.cases, target, capabilities).map((one) => one.id);
  const loaded = { ...suites, suites: new Set(suites.cases.map((one) => one.suite.name)) };
  return staleEntries(knownFailing, ids, loaded).map((entry) => entry.case);
}

/** How long each phase of a run took, in milliseconds. */
class Clock {
  readonly started = new Date();
  readonly phases: RunRecord['phases'] = { startMs: 0, probeMs: 0, playMs: 0, provisionMs: 0, stopMs: 0 };
  readonly #began = performance.now();
  #last = this.#began;

  mark(phase: keyof RunRecord['phases']): void {
    const now = performance.now();
    this.phases[phase] = Math.round(now - this.#last);
    this.#last = now;
  }

  get total(): number {
    return Math.round(performance.now() - this.#began);
  }
}

/** What is known before the target is started. */
function factsOf(options: RunOptions, started: Date): RunFacts {
  const { version, suites, target, selection, changed, shuffle, round } = options;
  return {
    touchstone: { version },
    suites: factsOfSuites(suites),
    target: factsOfDefinition(target),
    environment: factsOfMachine(),
    ...factsOfSelection({ ...selection, changed }),
    ...(shuffle === undefined ? {} : { shuffle }),
    ...(round === undefined ? {} : { round }),
    started: started.toISOString(),
  };
}
