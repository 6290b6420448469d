import type { RecordSet } from '../record/record-set.ts';
import type { Strictness } from '../record/summary.ts';
import type { Colours } from './colours.ts';
import { verdictLine, wrote } from './console.ts';
import { differences, matrix } from './matrix.ts';
import { oneLine, printable } from './printable.ts';

export interface SetReportOptions {
  colours: Colours;
  strictness?: Strictness;
  /** Files that have been written. */
  files?: readonly string[];
  /** Columns of the terminal; 100 where there is none. */
  width?: number | undefined;
}

/** What a run on several targets came to: the matrix, what differs, and a last line for each target. */
export function setReport(set: RecordSet, options: SetReportOptions): string[] {
  const { colours, strictness, files = [], width } = options;
  return [
    '',
    ...(set.records.length > 0 ? [...matrix(set, colours, width), ''] : []),
    ...differences(set),
    ...wrote(files),
    ...set.records.map((record) => verdictLine(record, colours, strictness)),
    ...set.notPlayed.map(
      ({ title, reason }) => `${oneLine(title, 200)}: ${colours.red('not played')}: ${printable(reason)}`,
    ),
  ];
}
