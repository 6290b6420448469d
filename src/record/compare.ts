import type { CaseResult, RunRecord, Verdict } from './record.schema.ts';
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

/** A verdict, and whether it is known to fail. */
export interface Outcome {
  verdict: Verdict;
  known: boolean;
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
  return { verdict: one.verdict, known: isKnownFailure(one) };
}
