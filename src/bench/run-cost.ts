import { version } from '../cli/version.ts';
import type { RunRecord } from '../record/record.schema.ts';
import { readKnownFailing } from '../run/known-failing.ts';
import { run } from '../run/run.ts';
import { loadSuites, ownSuites } from '../suite/load-suites.ts';
import { loadTarget } from '../target/load-target.ts';

/** What one run has cost; times in milliseconds. */
export interface RunCost {
  target: string;
  plays: number;
  summary: RunRecord['summary'];
  /** Reading and compiling the suites. */
  loadMs: number;
  phases: RunRecord['phases'];
  playsPerSecond: number;
  /** CPU time of this process for each play: the client's, and the embedded server's where it is the target. */
  cpuMsPerPlay: number;
  /** The highest of this process so far: with several targets, a later one's includes an earlier one's. */
  peakMemoryMiB: number;
}

/** Plays the cases on a target, and says what that has cost. */
export async function measureRun(
  name: string,
  only: readonly string[],
  signal: AbortSignal,
): Promise<RunCost> {
  const began = performance.now();
  const suites = await loadSuites([ownSuites]);
  const loadMs = Math.round(performance.now() - began);
  const target = loadTarget(name);
  const before = process.cpuUsage();
  const { cases, phases, summary } = await run({
    target,
    suites,
    selection: { only },
    knownFailing: target.file === undefined ? [] : readKnownFailing(target.file),
    version: version(),
    signal,
    reporters: [],
  });
  signal.throwIfAborted();
  const { user, system } = process.cpuUsage(before);
  const plays = cases.filter((one) => one.verdict !== 'unsupported').length;
  return {
    target: name,
    plays,
    summary,
    loadMs,
    phases,
    playsPerSecond: plays / (Math.max(phases.playMs, 1) / 1_000),
    cpuMsPerPlay: (user + system) / 1_000 / Math.max(plays, 1),
    peakMemoryMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
  };
}
