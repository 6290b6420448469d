import { type RunRecord, type Verdict, verdicts } from './record.schema.ts';

/** A case that did not come to the same in every round on one target. */
export interface Flake {
  /** The target's name. */
  target: string;
  id: string;
  /** The rounds that ended with each verdict, worst first. */
  rounds: [Verdict, number[]][];
  /** Why it is listed as failing at times, where it is. */
  known: string | undefined;
}

/** The cases that gave more than one verdict where the same was played on a target several times, in their order. */
export function flakesOf(records: readonly RunRecord[]): Flake[] {
  const seen = new Map<string, Flake>();
  for (const [index, { target, round = index + 1, cases }] of records.entries())
    for (const { id, verdict, knownFailing } of cases) {
      const key = `${target.name}\0${id}`;
      const known = knownFailing?.intermittent ? knownFailing.reason : undefined;
      const flake = seen.get(key) ?? { target: target.name, id, rounds: [], known };
      seen.set(key, flake);
      const same = flake.rounds.find(([one]) => one === verdict);
      if (same) same[1].push(round);
      else flake.rounds.push([verdict, [round]]);
    }
  const flakes = [...seen.values()].filter(({ rounds }) => rounds.length > 1);
  for (const { rounds } of flakes)
    rounds.sort(([one], [other]) => verdicts.indexOf(one) - verdicts.indexOf(other));
  return flakes;
}
