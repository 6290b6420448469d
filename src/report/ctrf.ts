import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { failsRun, isKnownFailure, type Strictness } from '../record/summary.ts';

/** The Common Test Report Format (ctrf.io), which dashboards and bots of several CI systems read. */
export function ctrf(set: RecordSet, strictness: Strictness, version: string): string {
  const tests = [
    ...set.records.flatMap((record) => [
      ...record.cases.map((one) => testOf(one, record, strictness)),
      ...(record.pending ?? []).map((id) => ({
        name: id,
        status: 'pending',
        duration: 0,
        suite: [record.target.name],
      })),
    ]),
    ...set.notPlayed.map(({ target, title, reason }) => ({
      name: `${title} is played`,
      status: 'failed',
      duration: 0,
      message: reason,
      suite: [target],
    })),
  ];
  const count = (status: string) => tests.filter((one) => one.status === status).length;
  const starts = set.records.map(({ started }) => Date.parse(started));
  const ends = set.records.map(({ started, durationMs }) => Date.parse(started) + durationMs);
  const summary = {
    tests: tests.length,
    passed: count('passed'),
    failed: count('failed'),
    pending: count('pending'),
    skipped: count('skipped'),
    other: count('other'),
    start: Math.min(...starts, Number.MAX_SAFE_INTEGER),
    stop: Math.max(...ends, 0),
  };
  const report = {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    results: { tool: { name: 'touchstone', version }, summary, tests },
  };
  return `${JSON.stringify(report, null, 1)}\n`;
}

/** A test as the format has it; what else it may hold depends on the verdict. */
type Test = Record<'name' | 'status', string> & Record<string, unknown>;

function testOf(one: CaseResult, { target, round }: RunRecord, strictness: Strictness): Test {
  const message =
    one.reason ?? one.failure?.message ?? (isKnownFailure(one) ? one.knownFailing?.reason : undefined);
  const { file, line } = one.failure?.step ?? one;
  return {
    name: one.id,
    status: statusOf(one, strictness),
    rawStatus: one.verdict,
    duration: Math.round(one.durationMs),
    suite: [target.name, ...(round === undefined ? [] : [`round ${round}`]), one.suite],
    filePath: file,
    line,
    tags: [one.level, ...new Set(one.covers.map(({ specification }) => specification))],
    ...(message === undefined ? {} : { message }),
    ...(one.failure
      ? { trace: `expected: ${one.failure.expected}\nnearest: ${one.failure.nearest ?? 'nothing'}` }
      : {}),
    ...(one.verdict === 'flaky' ? { flaky: true } : {}),
    ...(one.attempts ? { retries: one.attempts.length - 1 } : {}),
  };
}

/** What is known to fail is `other`: it fails no run, and did not pass. */
function statusOf(one: CaseResult, strictness: Strictness): string {
  if (failsRun(one, strictness)) return 'failed';
  if (isKnownFailure(one)) return 'other';
  return one.verdict === 'unsupported' ? 'skipped' : 'passed';
}
