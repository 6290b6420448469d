import type { Flake } from '../record/flakes.ts';
import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';

export type Requirement = CaseResult['covers'][number];

/** A case as the overview knows it: all but what passed on the wire, and why it failed in full. */
export interface PageCase
  extends Pick<
    CaseResult,
    | 'id'
    | 'suite'
    | 'title'
    | 'file'
    | 'line'
    | 'level'
    | 'verdict'
    | 'durationMs'
    | 'reason'
    | 'missing'
    | 'knownFailing'
    | 'unexpectedPass'
    | 'attempts'
  > {
  /** Places in the table of requirements. */
  covers: number[];
  /** The failure in a sentence. */
  message?: string;
  /** Fails the run. */
  fails?: true;
  /** Which block holds its detail, and where in it. */
  block: number;
  at: number;
}

export interface PageRecord extends Omit<RunRecord, 'cases' | 'definitions'> {
  cases: PageCase[];
  /** What the run came to: as its exit code. */
  exitCode: number;
}

/** What the page knows from the start. */
export interface Overview {
  version: string;
  requirements: Requirement[];
  records: PageRecord[];
  notPlayed: RecordSet['notPlayed'];
  flakes: Flake[];
}

/** What the page reads when a case is opened. */
export interface CaseDetail extends Pick<CaseResult, 'failure' | 'observations' | 'evidence'> {
  /** Place in the block's definitions. */
  definition?: number;
}

export interface DetailBlock {
  /** The cases as the suite files have them, with the line that each begins with. */
  definitions: { line: number; text: string }[];
  details: CaseDetail[];
}

/** Ids of the elements that hold the data: gzipped JSON in base64. */
export const blockIds = { overview: 'overview', detail: (block: number) => `detail-${block}` } as const;
