import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { failsRun, isKnownFailure, type Strictness } from '../record/summary.ts';
import { printable } from './printable.ts';
import { type Trouble, troublesOfNoRecord, troublesOfRecord } from './troubles.ts';

/** The Common Test Report Format (ctrf.io), which dashboards and bots of several CI systems read. */
export function ctrf(set: RecordSet, strictness: Strictness, version: string): string {
  const tests = [
    ...set.records.flatMap((record) => [
      ...record.cases.map((one) => testOf(one, record, strictness)),
      ...troublesOfRecord(record).map((one) => troubleTest(one, suiteOf(record))),
    ]),
    ...troublesOfNoRecord(set).map((one) => troubleTest(one, [one.target])),
  ];
  const count = (status: string) => tests.filter((one) => one.status === status).length;
  const times = set.records.flatMap(({ started, durationMs }) => {
    const start = Date.parse(started);
    return Number.isNaN(start) ? [] : [start, start + durationMs];
  });
  const summary = {
    tests: tests.length,
    passed: count('passed'),
    failed: count('failed'),
    pending: count('pending'),
    skipped: count('skipped'),
    other: count('other'),
    start: times.length > 0 ? Math.min(...times) : 0,
    stop: Math.max(...times, 0),
  };
  const report = {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    results: { tool: { name: 'touchstone', version }, summary, tests },
  };
  // Dashboards, and terminals, show these texts as they are.
  const safe = (_key: string, value: unknown) => (typeof value === 'string' ? printable(value) : value);
  return `${JSON.stringify(report, safe, 1)}\n`;
}

/** A test as the format has it; what else it may hold depends on the verdict. */
type Test = Record<'name' | 'status', string> & Record<string, unknown>;

/** Where a test stands: its target, and which round that was. */
function suiteOf({ target, round }: RunRecord): string[] {
  return [target.name, ...(round === undefined ? [] : [`round ${round}`])];
}

function troubleTest({ kind, name, message }: Trouble, suite: string[]): Test {
  const status = kind === 'pending' ? 'pending' : 'failed';
  return { name, status, rawStatus: kind, duration: 0, message, suite };
}

function testOf(one: CaseResult, record: RunRecord, strictness: Strictness): Test {
  const message =
    one.reason ?? one.failure?.message ?? (isKnownFailure(one) ? one.knownFailing?.reason : undefined);
  const { file, line } = one.failure?.step ?? one;
  return {
    name: one.id,
    status: statusOf(one, strictness),
    rawStatus: one.verdict,
    duration: Math.round(one.durationMs),
    suite: [...suiteOf(record), one.suite],
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
