import type { RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { exitCodeFor, type Strictness } from '../record/summary.ts';
import type { Colours } from './colours.ts';
import { verdictLine, wrote } from './console.ts';
import { flakeTable } from './flake-table.ts';
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

/**
 * What several runs came to: for several targets the matrix and what differs, for several rounds what flickers, and
 * a last line for each target.
 */
export function setReport(set: RecordSet, options: SetReportOptions): string[] {
  const { colours, strictness, files = [], width } = options;
  const { records, notPlayed } = set;
  const targets = [...new Set(records.map(({ target }) => target.name))];
  const repeated = records.length > targets.length;
  const worst = targets.flatMap((name) => worstOf(name, records, strictness) ?? []);
  const side = { ...set, records: worst };
  return [
    '',
    ...(worst.length > (repeated ? 1 : 0) ? [...matrix(side, colours, width), ''] : []),
    ...differences(side),
    ...(repeated ? [...flakeTable(records, colours), ''] : []),
    ...wrote(files),
    ...worst.map((record) => verdictLine(record, colours, strictness)),
    ...notPlayed.map(
      ({ title, reason }) => `${oneLine(title, 200)}: ${colours.red('not played')}: ${printable(reason)}`,
    ),
  ];
}

/** Of the rounds on one target the one that speaks most against it. */
function worstOf(
  name: string,
  records: readonly RunRecord[],
  strictness: Strictness | undefined,
): RunRecord | undefined {
  const rounds = records.filter(({ target }) => target.name === name);
  return rounds.toSorted((one, other) => exitCodeFor(other, strictness) - exitCodeFor(one, strictness))[0];
}
