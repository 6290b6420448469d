/**
 * Touchstone as a library: whatever the command line does with a run, a program does with these.
 *
 *     import { run } from 'touchstone';
 *     const running = run({ target: 'prosody', only: ['rfc6121/**'] });
 *     for await (const { id, verdict } of running) console.log(verdict, id);
 *     const record = await running.record;
 */

export { compareRecords, type Difference } from './record/compare.ts';
export { mergeShards, UnmergeableError } from './record/merge.ts';
export type {
  CaseResult,
  Evidence,
  Failure,
  RunRecord,
  TranscriptEntry,
  Verdict,
} from './record/record.schema.ts';
export { InvalidRecordError, readRecords, UnwritableFileError, writeRecord } from './record/record-file.ts';
export type { RecordSet } from './record/record-set.ts';
export { exitCodeFor, failsRun, isKnownFailure, type Strictness } from './record/summary.ts';
export type { MakeReporter, Reporter, ReporterContext, RunStart } from './report/reporter.ts';
export { type Running, type RunRequest, run } from './run/running.ts';
export type { Shard } from './run/shard.ts';
export type { Case } from './suite/case.ts';
export { loadSuites, type Suites } from './suite/load-suites.ts';
export { EmptySelectionError, type Selection } from './suite/select.ts';
export { EngineMissingError, TargetStartError } from './target/errors.ts';
export {
  defineTarget,
  loadTarget,
  type TargetDefinition,
  type TargetSettings,
  UnknownTargetError,
} from './target/load-target.ts';
export { InvalidFileError, type Mistake } from './target/mistake.ts';
