import type { RunRecord } from '../record/record.schema.ts';
import { readKnownFailing } from '../run/known-failing.ts';
import { run } from '../run/run.ts';
import { version } from '../run/version.ts';
import { loadSuites, ownSuites } from '../suite/load-suites.ts';
import { loadTarget } from '../target/load-target.ts';
import { cpuTime, cpuTimeSince } from './cpu-time.ts';

/** What one run has cost; times in milliseconds. */
export interface RunCost {
  /** Cases played, by any way they are played in; those that the target cannot be played by are not among them. */
  plays: number;
  summary: RunRecord['summary'];
  /** Cases that are played at a time, at the most. */
  jobs: number;
  /** Reading and compiling the suites. */
  loadMs: number;
  phases: RunRecord['phases'];
  /** From before the suites are read until the target is stopped. */
  wholeMs: number;
  playsPerSecond: number;
  /** CPU time of this process for each play: the client's, and the embedded server's where it is the target. */
  cpuMsPerPlay: number;
  /** The highest of this process, which has only loaded the suites and run them. */
  peakMemoryMiB: number;
}

/** Plays the cases on a target, and says what that has cost. Rejects as a run does, and when it is stopped. */
export async function measureRun(
  name: string,
  only: readonly string[],
  signal: AbortSignal,
): Promise<RunCost> {
  const began = performance.now();
  const suites = await loadSuites([ownSuites]);
  const loadMs = Math.round(performance.now() - began);
  const target = loadTarget(name);
  const before = cpuTime();
  const { cases, phases, summary, environment } = await run({
    target,
    suites,
    selection: { only },
    knownFailing: readKnownFailing(target),
    version: version(),
    signal,
    reporters: [],
  });
  signal.throwIfAborted();
  const plays = cases.filter((one) => one.verdict !== 'unsupported').length;
  return {
    plays,
    summary,
    jobs: environment.jobs ?? 1,
    loadMs,
    phases,
    wholeMs: Math.round(performance.now() - began),
    playsPerSecond: plays / (Math.max(phases.playMs, 1) / 1_000),
    cpuMsPerPlay: cpuTimeSince(before).totalMs / Math.max(plays, 1),
    peakMemoryMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
  };
}
