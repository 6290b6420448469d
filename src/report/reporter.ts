import type { CaseResult, RunRecord } from '../record/record.schema.ts';

/** What is known before the first case is played. */
export interface RunStart {
  /** The target's title. */
  target: string;
  product: string;
  cases: number;
}

/** Something that listens to a run. Reports read the record; only progress needs to know sooner. */
export interface Reporter {
  /** What is going on before cases are played: an image is built, a server starts. */
  onProgress?(text: string): void;
  onRunStart?(start: RunStart): void;
  onCaseStart?(id: string): void;
  onCaseEnd?(result: CaseResult): void;
  onRunEnd?(record: RunRecord): void | Promise<void>;
}

/**
 * One reporter that hands everything on to several, in their order. At the end of the run each gets the record, even
 * where one before it throws; then the first error is thrown.
 */
export function together(reporters: readonly Reporter[]): Required<Reporter> {
  const each = (tell: (reporter: Reporter) => void) => {
    for (const reporter of reporters) tell(reporter);
  };
  return {
    onProgress: (text) => each((one) => one.onProgress?.(text)),
    onRunStart: (start) => each((one) => one.onRunStart?.(start)),
    onCaseStart: (id) => each((one) => one.onCaseStart?.(id)),
    onCaseEnd: (result) => each((one) => one.onCaseEnd?.(result)),
    onRunEnd: async (record) => {
      const failures: unknown[] = [];
      for (const reporter of reporters)
        try {
          await reporter.onRunEnd?.(record);
        } catch (error) {
          failures.push(error);
        }
      if (failures.length > 0) throw failures[0];
    },
  };
}
