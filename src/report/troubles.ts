import { flakesOf } from '../record/flakes.ts';
import type { RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { counted } from './wire-text.ts';

/** Something that keeps a run from passing and is no verdict of a case: without it a report would be green where the exit code is not 0. */
export interface Trouble {
  kind: 'stale entry' | 'pending' | 'interrupted' | 'flake' | 'not played';
  /** What it is about, in the words of a test: the id of a case, or what should have been. */
  name: string;
  message: string;
  /** The target's name. */
  target: string;
}

/** Of rounds on one target that differ, and of targets that have no record. */
export function troublesOfNoRecord({ records, notPlayed }: RecordSet): Trouble[] {
  const flakes = flakesOf(records).filter(({ known }) => known === undefined);
  return [
    ...flakes.map(
      ({ target, id, rounds }): Trouble => ({
        kind: 'flake',
        name: `${id} comes to the same in every round`,
        message: rounds
          .map(
            ([verdict, those]) =>
              `${verdict} in ${those.length === 1 ? 'round' : 'rounds'} ${those.join(', ')}`,
          )
          .join('; '),
        target,
      }),
    ),
    ...notPlayed.map(
      ({ target, title, reason }): Trouble => ({
        kind: 'not played',
        name: `${title} is played`,
        message: reason,
        target,
      }),
    ),
  ];
}

/** What one record tells of beside its cases. */
export function troublesOfRecord(record: RunRecord): Trouble[] {
  const { staleKnownFailing = [], pending = [], interrupted, target } = record;
  const of = (kind: Trouble['kind'], name: string, message: string): Trouble => ({
    kind,
    name,
    message,
    target: target.name,
  });
  return [
    ...staleKnownFailing.map((entry) =>
      of('stale entry', entry, `known-failing.yaml names no case: ${entry}`),
    ),
    ...(interrupted ? [of('interrupted', 'the run comes to its end', endOf(pending.length))] : []),
    ...pending.map((id) => of('pending', id, 'pending: the run ended before')),
  ];
}

function endOf(pending: number): string {
  const before = pending === 0 ? '' : `, before ${counted(pending, 'case was', 'cases were')} played`;
  return `it was stopped, or died${before}`;
}
