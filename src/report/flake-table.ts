import { type Flake, flakesOf } from '../record/flakes.ts';
import type { RunRecord } from '../record/record.schema.ts';
import type { Colours } from './colours.ts';
import { oneLine } from './printable.ts';

/** The cases that did not give the same verdict in every round, with the rounds of each verdict; or that none did. */
export function flakeTable(records: readonly RunRecord[], { red, green, dim }: Colours): string[] {
  const rounds = Math.max(0, ...records.map(({ round = 1 }) => round));
  const flakes = flakesOf(records);
  if (flakes.length === 0) return [`flakes in ${rounds} rounds: ${green('none')}`];
  const width = Math.max(...flakes.map(({ target, id }) => nameOf(target, id).length));
  return [
    `flakes in ${rounds} rounds:`,
    ...flakes.flatMap((flake) => {
      const name = nameOf(flake.target, flake.id);
      const row = `  ${name.padEnd(width)}  ${textOf(flake)}`;
      if (flake.known === undefined) return [red(row)];
      return [row, dim(`      known to fail at times: ${oneLine(flake.known, 400)}`)];
    }),
  ];
}

function nameOf(target: string, id: string): string {
  return `${oneLine(target, 40)}: ${oneLine(id, 200)}`;
}

/** `fail in 2 (rounds 3, 8), pass in 8`: of what most rounds came to, the rounds are not listed. */
function textOf({ rounds }: Flake): string {
  const most = Math.max(...rounds.map(([, those]) => those.length));
  const parts = rounds.map(([verdict, those]) => {
    const text = `${verdict} in ${those.length}`;
    return those.length === most
      ? text
      : `${text} (${those.length === 1 ? 'round' : 'rounds'} ${those.join(', ')})`;
  });
  return parts.join(', ');
}
