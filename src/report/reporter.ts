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

/** One reporter that hands everything on to several. */
export function together(reporters: readonly Reporter[]): Required<Reporter> {
  return {
    onProgress: (text) => {
      for (const one of reporters) one.onProgress?.(text);
    },
    onRunStart: (start) => {
      for (const one of reporters) one.onRunStart?.(start);
    },
    onCaseStart: (id) => {
      for (const one of reporters) one.onCaseStart?.(id);
    },
    onCaseEnd: (result) => {
      for (const one of reporters) one.onCaseEnd?.(result);
    },
    onRunEnd: async (record) => {
      for (const one of reporters) await one.onRunEnd?.(record);
    },
  };
}
