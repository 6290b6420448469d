import type { CaseResult, RunRecord, Verdict } from './record.schema.ts';

export type Summary = RunRecord['summary'];

/** What a run is judged by, beside its verdicts. */
export interface Strictness {
  /** A `warn` fails the run too. */
  strict?: boolean;
  /** Further verdicts that fail the run. */
  failOn?: readonly Verdict[];
}

export function summarize(cases: readonly CaseResult[]): Summary {
  const summary: Summary = {
    pass: 0,
    fail: 0,
    warn: 0,
    unsupported: 0,
    inconclusive: 0,
    error: 0,
    flaky: 0,
    knownFailing: 0,
    unexpectedPass: 0,
  };
  for (const one of cases) {
    summary[one.verdict]++;
    if (isKnownFailure(one)) summary.knownFailing++;
    if (one.unexpectedPass) summary.unexpectedPass++;
  }
  return summary;
}

/** It fails, and is listed as failing for a reason. */
export function isKnownFailure(one: CaseResult): boolean {
  return one.knownFailing !== undefined && (one.verdict === 'fail' || one.verdict === 'warn');
}

/** Whether a case fails the run. */
export function failsRun(one: CaseResult, strictness: Strictness = {}): boolean {
  if (one.unexpectedPass) return true;
  if (isKnownFailure(one)) return false;
  if (one.verdict === 'fail' || one.verdict === 'inconclusive' || one.verdict === 'error') return true;
  if (one.verdict === 'warn' && strictness.strict) return true;
  return strictness.failOn?.includes(one.verdict) ?? false;
}

/** 0 conformant, 1 not, 4 where Touchstone itself went wrong, 130 where the run was stopped. */
export function exitCodeFor(record: RunRecord, strictness: Strictness = {}): 0 | 1 | 4 | 130 {
  if (record.interrupted) return 130;
  if (record.summary.error > 0) return 4;
  const failed = record.cases.some((one) => failsRun(one, strictness));
  return failed || (record.staleKnownFailing?.length ?? 0) > 0 ? 1 : 0;
}
