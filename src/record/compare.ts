import { isDeepStrictEqual } from 'node:util';
import type { CaseResult, RunRecord, Verdict } from './record.schema.ts';
import type { RecordSet } from './record-set.ts';
import { failsRun, isKnownFailure, type Strictness } from './summary.ts';

/**
 * What became of a case from one record to another: newly broken: it fails the later run, and did not fail the
 * earlier; newly mended: it failed, known or not, and passes; changed: another verdict otherwise; gone and new: it is in one of them alone.
 */
export const changes = ['newly broken', 'newly mended', 'changed', 'gone', 'new'] as const;
export type Change = (typeof changes)[number];

export interface Difference {
  change: Change;
  id: string;
  /** What it came to earlier; undefined where it is new. */
  earlier: Outcome | undefined;
  /** What it came to later; undefined where it is gone. */
  later: Outcome | undefined;
  /** The later result, or the earlier of one that is gone. */
  result: CaseResult;
}

/** A verdict, and what the list of known failures makes of it. */
export interface Outcome {
  verdict: Verdict;
  /** It fails, and is listed. */
  known: boolean;
  /** It passes, and is listed as failing. */
  unexpected: boolean;
}

/**
 * Case by case, what became of it; what stayed the same is left out. In the order of `changes`, then of the later
 * record. A case that is new and fails is newly broken: nobody knew of it before.
 */
export function compareRecords(
  earlier: RunRecord,
  later: RunRecord,
  strictness: Strictness = {},
): Difference[] {
  const before = new Map(earlier.cases.map((one) => [one.id, one]));
  const after = new Set(later.cases.map(({ id }) => id));
  const differences = [
    ...later.cases.flatMap((one) => differenceOf(before.get(one.id), one, strictness)),
    ...earlier.cases
      .filter(({ id }) => !after.has(id))
      .map(
        (one): Difference => ({
          change: 'gone',
          id: one.id,
          earlier: outcomeOf(one),
          later: undefined,
          result: one,
        }),
      ),
  ];
  return differences.sort((one, other) => changes.indexOf(one.change) - changes.indexOf(other.change));
}

function differenceOf(
  earlier: CaseResult | undefined,
  later: CaseResult,
  strictness: Strictness,
): Difference[] {
  const change = changeOf(earlier, later, strictness);
  if (change === undefined) return [];
  return [
    { change, id: later.id, earlier: earlier && outcomeOf(earlier), later: outcomeOf(later), result: later },
  ];
}

function changeOf(
  earlier: CaseResult | undefined,
  later: CaseResult,
  strictness: Strictness,
): Change | undefined {
  const fails = failsRun(later, strictness);
  if (!earlier) return fails ? 'newly broken' : 'new';
  const failed = failsRun(earlier, strictness);
  if (fails && !failed) return 'newly broken';
  // What was known to fail and passes is mended as well, once its entry is taken away.
  if (!fails && (failed || isKnownFailure(earlier)) && later.verdict === 'pass') return 'newly mended';
  const same = earlier.verdict === later.verdict && isKnownFailure(earlier) === isKnownFailure(later);
  return same ? undefined : 'changed';
}

function outcomeOf(one: CaseResult): Outcome {
  return {
    verdict: one.verdict,
    known: isKnownFailure(one),
    unexpected: one.unexpectedPass === true,
  };
}

type Records = RecordSet['records'];

/** Which records are held against each other, and which targets have no counterpart. */
export interface Pairs {
  pairs: [Records[number], Records[number]][];
  alone: Alone[];
}

/** A target that one of two sets tells of, and the other does not. */
export interface Alone {
  target: string;
  where: 'earlier' | 'later';
  /** Why the later has no record of it, where it says so: it was to be played, and could not be. */
  reason?: string;
}

/**
 * Two records, whatever they are of; of several targets or rounds, those of the same name and round, or of the same
 * name where the other has no such round.
 */
export function pairsOf(earlier: RecordSet, later: RecordSet): Pairs {
  const [one, other] = [earlier.records[0], later.records[0]];
  const total = earlier.records.length + later.records.length;
  if (one && other && total === 2 && later.notPlayed.length === 0)
    return { pairs: [[one, other]], alone: [] };
  const pairs = later.records.flatMap((record): Pairs['pairs'] => {
    const same = earlier.records.filter(({ target }) => target.name === record.target.name);
    const match = same.find(({ round }) => round === record.round) ?? same[0];
    return match ? [[match, record]] : [];
  });
  const names = ({ records }: RecordSet) => [...new Set(records.map(({ target }) => target.name))];
  const [before, after] = [names(earlier), names(later)];
  const reasons = new Map(later.notPlayed.map(({ target, reason }) => [target, reason]));
  const gone = before
    .filter((name) => !after.includes(name))
    .map((target): Alone => {
      const reason = reasons.get(target);
      return { target, where: 'earlier', ...(reason === undefined ? {} : { reason }) };
    });
  const added = after.filter((name) => !before.includes(name));
  return { pairs, alone: [...gone, ...added.map((target): Alone => ({ target, where: 'later' }))] };
}

/** What keeps two records from being like with like, a sentence each. */
export function reservesOf(earlier: RunRecord, later: RunRecord): string[] {
  const reserves: string[] = [];
  for (const [word, { interrupted }] of [
    ['earlier', earlier],
    ['later', later],
  ] as const)
    if (interrupted) reserves.push(`the ${word} run ended before all its cases were played`);
  if (earlier.suites.digest !== later.suites.digest) reserves.push('the two runs are of different suites');
  const chosen = ({ selection, shard }: RunRecord) => [selection, shard];
  if (!isDeepStrictEqual(chosen(earlier), chosen(later)))
    reserves.push('in the two runs different cases were chosen');
  return reserves;
}
