import type { CaseResult, RunRecord, TranscriptEntry } from '../record/record.schema.ts';
import type { RunFacts } from '../record/record-builder.ts';
import type { RecordSet } from '../record/record-set.ts';
import type { Strictness } from '../record/summary.ts';

/** What is known before the first case is played. */
export interface RunStart {
  facts: RunFacts;
  /** The ids of the cases that will be played, in the order in which the record shows them. */
  planned: readonly string[];
}

/** What a reporter is made with. */
export interface ReporterContext {
  /** The folder that reports go to, an absolute path. */
  out: string;
  /** What fails the run, beside a MUST that is broken. */
  strictness: Strictness;
  /** Touchstone's own version. */
  version: string;
  environment: NodeJS.ProcessEnv;
  /** Tells which file will have been written when the run is over, an absolute path. */
  writes(file: string): void;
}

/** What a module for `--reporter` exports as its default. */
export type MakeReporter = (context: ReporterContext) => Reporter;

/** Something that listens to a run. Reports read the record; only progress needs to know sooner. */
export interface Reporter {
  /** What is going on before cases are played: an image is built, a server starts. */
  onProgress?(text: string): void;
  onRunStart?(start: RunStart): void;
  onCaseStart?(id: string): void;
  /** Something passed on the wire of a case that is being played, without its secrets. */
  onEntry?(id: string, entry: TranscriptEntry): void;
  onCaseEnd?(result: CaseResult): void;
  onRunEnd?(record: RunRecord): void | Promise<void>;
  /** Everything is over: one record, or several where several targets or rounds were asked for. */
  onEnd?(set: RecordSet): void | Promise<void>;
}

/**
 * One reporter that hands everything on to several, in their order. At the end of the run each gets the record, even
 * where one before it throws; then the first error is thrown.
 */
export function together(reporters: readonly Reporter[]): Required<Reporter> {
  const each = (tell: (reporter: Reporter) => void) => {
    for (const reporter of reporters) tell(reporter);
  };
  const eachInTurn = async (tell: (reporter: Reporter) => void | Promise<void>) => {
    const failures: unknown[] = [];
    for (const reporter of reporters)
      try {
        await tell(reporter);
      } catch (error) {
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  };
  return {
    onProgress: (text) => each((one) => one.onProgress?.(text)),
    onRunStart: (start) => each((one) => one.onRunStart?.(start)),
    onCaseStart: (id) => each((one) => one.onCaseStart?.(id)),
    onEntry: (id, entry) => each((one) => one.onEntry?.(id, entry)),
    onCaseEnd: (result) => each((one) => one.onCaseEnd?.(result)),
    onRunEnd: (record) => eachInTurn((one) => one.onRunEnd?.(record)),
    onEnd: (set) => eachInTurn((one) => one.onEnd?.(set)),
  };
}
