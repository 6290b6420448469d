import { arch, availableParallelism, platform } from 'node:os';
import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import { Redaction } from '../record/redaction.ts';
import { exitCodeFor, summarize } from '../record/summary.ts';
import { type Reporter, together } from '../report/reporter.ts';
import { matchesAny } from '../suite/glob.ts';
import type { Suites } from '../suite/load-suites.ts';
import { EmptySelectionError, type Selection, select } from '../suite/select.ts';
import type { Capabilities } from '../target/capabilities.ts';
import { TargetStartError } from '../target/errors.ts';
import type { TargetDefinition } from '../target/load-target.ts';
import type { RunningTarget } from '../target/running-target.ts';
import { startTarget } from '../target/start-target.ts';
import { claimResults, notPlayed, resultOf } from './case-result.ts';
import { type KnownFailure, knownFailureOf, staleEntries } from './known-failing.ts';
import { idsOf, type PlannedCase, plan } from './plan.ts';
import { playCase } from './play-case.ts';
import { inParallel } from './pool.ts';

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
  /** Aborting it ends the run early: what was played is recorded, the target is stopped. */
  signal: AbortSignal;
  reporters: readonly Reporter[];
}

const defaultPatienceMs = 5_000;

/**
 * Starts the target, plays the selected cases, stops it, and returns the record. Throws `EmptySelectionError` before
 * anything is started, and what `startTarget` throws.
 */
export async function run(options: RunOptions): Promise<RunRecord> {
  const { suites, selection, signal } = options;
  const reporter = together(options.reporters);
  const selected = select(suites.cases, selection, idsOf);
  const started = new Date();
  const clock = new Clock();
  const target = await startTarget(options.target, { signal, onProgress: reporter.onProgress, apart: true });
  clock.mark('startMs');
  let record: RunRecord;
  try {
    const capabilities = await target.capabilities(signal);
    clock.mark('probeMs');
    const planned = plan(selected, target, capabilities).filter(
      (one) =>
        !selection.only?.length ||
        matchesAny(one.id, selection.only) ||
        matchesAny(one.case.id, selection.only),
    );
    if (planned.length === 0) throw new EmptySelectionError(selection);
    const jobs = options.jobs ?? target.jobs ?? availableParallelism() * 4;
    reporter.onRunStart({ target: target.title, product: productOf(target), cases: planned.length });
    const results = await playAll(planned, target, jobs, options, reporter);
    clock.mark('playMs');
    const everyId = plan(suites.cases, target, capabilities).map((one) => one.id);
    record = recordOf(options, target, capabilities, [...claimResults(capabilities), ...results]);
    record.started = started.toISOString();
    record.environment.jobs = jobs;
    const stale = staleEntries(options.knownFailing, everyId, {
      whole: suites.whole,
      suites: new Set(suites.cases.map((one) => one.suite.name)),
    }).map((entry) => entry.case);
    if (stale.length > 0) record.staleKnownFailing = stale;
    if (signal.aborted) record.interrupted = true;
  } finally {
    await target.stop();
  }
  clock.mark('stopMs');
  Object.assign(record.phases, clock.phases);
  record.durationMs = clock.total;
  record.conformant = exitCodeFor(record) === 0;
  await reporter.onRunEnd(record);
  return record;
}

/** How long each phase of a run took, in milliseconds. */
class Clock {
  readonly phases: RunRecord['phases'] = { startMs: 0, probeMs: 0, playMs: 0, stopMs: 0 };
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

async function playAll(
  planned: readonly PlannedCase[],
  target: RunningTarget,
  jobs: number,
  options: RunOptions,
  reporter: Required<Reporter>,
): Promise<CaseResult[]> {
  const results = new Map<string, CaseResult>();
  const finish = (result: CaseResult) => {
    results.set(result.id, result);
    reporter.onCaseEnd(result);
  };
  const playable = planned.filter((one) => {
    const result = notPlayed(one);
    if (result) finish(withKnownFailure(result, options.knownFailing));
    return !result;
  });
  const play = (on: RunningTarget) => async (one: PlannedCase) => {
    if (options.signal.aborted) return;
    reporter.onCaseStart(one.id);
    finish(await playOne(one, on, options));
  };
  const alone = playable.filter((one) => one.case.alone);
  const others = inParallel(
    silentFirst(
      playable.filter((one) => !one.case.alone),
      options.knownFailing,
    ),
    jobs,
    play(target),
  );
  if (target.isUnique) {
    await others;
    await inParallel(alone, 1, play(target));
  } else {
    const givenUp = (reason: string) => {
      for (const one of alone) finish(resultOf(one, { verdict: 'inconclusive', durationMs: 0, reason }));
    };
    const ends = await Promise.allSettled([others, playOnItsOwn(alone, options, reporter, play, givenUp)]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
  return planned.flatMap((one) => results.get(one.id) ?? []);
}

/** What is known to fail mostly waits for an answer that never comes: begun first, it holds up nobody at the end. */
function silentFirst(cases: readonly PlannedCase[], known: readonly KnownFailure[]): PlannedCase[] {
  const fails = new Set(cases.filter((one) => knownFailureOf(one.id, known)));
  return [...fails, ...cases.filter((one) => !fails.has(one))];
}

/** Cases that disturb the server play one after another, on a server that only they are played on. */
async function playOnItsOwn(
  cases: readonly PlannedCase[],
  options: RunOptions,
  reporter: Required<Reporter>,
  play: (on: RunningTarget) => (one: PlannedCase) => Promise<void>,
  givenUp: (reason: string) => void,
): Promise<void> {
  const { signal } = options;
  if (cases.length === 0 || signal.aborted) return;
  const { onProgress } = reporter;
  const own = await startTarget(options.target, { signal, onProgress }).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    if (!(error instanceof TargetStartError)) throw error;
    givenUp(`The case plays on a server of its own, and that one did not start: ${error.message}`);
    return undefined;
  });
  if (!own) return;
  try {
    await own.capabilities(options.signal);
    await inParallel(cases, 1, play(own));
  } finally {
    await own.stop();
  }
}

async function playOne(one: PlannedCase, target: RunningTarget, options: RunOptions): Promise<CaseResult> {
  const since = Date.now();
  const played = await playCase(one.case, target, {
    patienceMs: options.patienceMs ?? defaultPatienceMs,
    signal: options.signal,
    ...(one.variant === undefined ? {} : { variant: one.variant }),
  });
  const result = resultOf(one, played.result);
  if (result.verdict !== 'pass') {
    const log = target.logsSince(since);
    result.evidence = { ...played.transcript.toEvidence(), ...(log.length > 0 ? { serverLog: log } : {}) };
  }
  return withKnownFailure(new Redaction(played.secrets).result(result), options.knownFailing);
}

function withKnownFailure(result: CaseResult, known: readonly KnownFailure[]): CaseResult {
  const entry = knownFailureOf(result.id, known);
  if (!entry || result.verdict === 'unsupported') return result;
  const { reason, link, intermittent = false } = entry;
  if (intermittent && result.verdict === 'pass') return result;
  const knownFailing = {
    reason,
    ...(link === undefined ? {} : { link }),
    ...(intermittent ? { intermittent } : {}),
  };
  return { ...result, knownFailing, ...(result.verdict === 'pass' ? { unexpectedPass: true } : {}) };
}

function productOf(target: RunningTarget): string {
  const { name, version } = target.product;
  return version === undefined ? name : `${name} ${version}`;
}

function recordOf(
  options: RunOptions,
  target: RunningTarget,
  capabilities: Capabilities,
  cases: CaseResult[],
): RunRecord {
  const endpoints = Object.values(target.endpoints).map(
    (one) => [one.kind, `${one.host}:${one.port}${one.path ?? ''}`] as const,
  );
  const selection = Object.fromEntries(
    Object.entries(options.selection).filter(([, values]) => values !== undefined && values.length > 0),
  );
  return {
    format: 1,
    touchstone: { version: options.version },
    suites: { digest: options.suites.digest },
    target: {
      name: target.name,
      title: target.title,
      kind: target.kind,
      product: { ...target.product },
      ...(target.image ? { image: { ...target.image } } : {}),
      domain: target.domain,
      endpoints: Object.fromEntries(endpoints),
      capabilities: {
        claimed: [...capabilities.claimed],
        offered: [...capabilities.offered],
        findings: capabilities.findings.map((finding) => finding.text),
      },
    },
    environment: {
      node: process.version,
      platform: platform(),
      architecture: arch(),
      cpus: availableParallelism(),
    },
    ...(Object.keys(selection).length > 0 ? { selection } : {}),
    started: '',
    durationMs: 0,
    phases: { startMs: 0, probeMs: 0, playMs: 0, stopMs: 0 },
    summary: summarize(cases),
    conformant: false,
    cases,
  };
}
