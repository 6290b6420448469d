import type { CaseResult } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { failsRun, isKnownFailure, type Strictness } from '../record/summary.ts';
import { oneLine } from './printable.ts';
import { type Trouble, troublesOfNoRecord, troublesOfRecord } from './troubles.ts';
import { whyOf } from './why.ts';

const widest = 2_000;

/**
 * TAP version 14: a line for each case; what is known to fail is `TODO`, what is unsupported `SKIP`. What fails the run
 * and is no verdict of a case has lines behind those.
 */
export function tap(set: RecordSet, strictness: Strictness = {}): string {
  const several = set.records.length + set.notPlayed.length > 1;
  const points = set.records.flatMap((record) => {
    const round = record.round === undefined ? '' : `round-${record.round}/`;
    const prefix = several ? `${record.target.name}/${round}` : '';
    return [
      ...record.cases.map((one) => point(one, prefix, strictness)),
      ...troublesOfRecord(record).map((one) => troublePoint(one, prefix)),
    ];
  });
  const all = [
    ...points,
    ...troublesOfNoRecord(set).map((one) => troublePoint(one, several ? `${one.target}/` : '')),
  ];
  const lines = all.flatMap(([first = '', ...rest], index) => [
    first.replace('ok #', `ok ${index + 1} -`),
    ...rest,
  ]);
  return `${['TAP version 14', `1..${all.length}`, ...lines].join('\n')}\n`;
}

function troublePoint({ kind, name, message }: Trouble, prefix: string): string[] {
  return [`not ok # ${safe(`${prefix}${kind}: ${name}`)}`, ...block({ message })];
}

function point(one: CaseResult, prefix: string, strictness: Strictness): string[] {
  const name = safe(prefix + one.id);
  if (isKnownFailure(one))
    return [`not ok # ${name} # TODO ${safe(one.knownFailing?.reason ?? '')}`, ...details(one)];
  if (failsRun(one, strictness)) return [`not ok # ${name}`, ...details(one)];
  if (one.verdict === 'unsupported') return [`ok # ${name} # SKIP ${safe(one.reason ?? 'unsupported')}`];
  return [`ok # ${name}`, ...(one.verdict === 'pass' ? [] : details(one))];
}

function details(one: CaseResult): string[] {
  const { failure } = one;
  const { file, line } = failure?.step ?? one;
  return block({
    verdict: one.verdict,
    message: whyOf(one),
    ...(failure ? { expected: failure.expected } : {}),
    ...(failure?.nearest === undefined ? {} : { actual: failure.nearest }),
    at: `${file}:${line}`,
    ...(one.attempts ? { attempts: one.attempts.join(', ') } : {}),
  });
}

/** YAML, each value a JSON string on one line. */
function block(values: Readonly<Record<string, string>>): string[] {
  const lines = Object.entries(values).map(
    ([key, value]) => `  ${key}: ${JSON.stringify(oneLine(value, widest))}`,
  );
  return ['  ---', ...lines, '  ...'];
}

/** A description: `#` would begin a directive, and a backslash escapes. */
function safe(text: string): string {
  return oneLine(text, widest).replace(/[\\#]/g, (character) => `\\${character}`);
}
