import { flakesOf } from '../record/flakes.ts';
import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { exitCodeFor, failsRun, isKnownFailure, type Strictness } from '../record/summary.ts';
import { code, markdownText } from './markdown.ts';
import { scopeOf } from './scope.ts';
import { columns } from './verdict-table.ts';
import { whyOf } from './why.ts';

/** A step's summary on GitHub holds a mebibyte, a comment much less: of long lists the beginning is shown. */
const mostListed = 50;

/** What a run, or several, came to, as Markdown for a pull request or the summary of a CI step. */
export function summaryMarkdown(set: RecordSet, strictness: Strictness = {}): string {
  const parts = [
    ['## Touchstone'],
    verdicts(set, strictness),
    ...set.records.map((record) => failures(record, strictness, set.records.length > 1)),
    flakes(set.records),
    ...set.records.map((record) => quieter(record, strictness, set.records.length > 1)),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** A row for each record: who it is of, how many cases came to what, and what that comes to. */
function verdicts({ records, notPlayed }: RecordSet, strictness: Strictness): string[] {
  const used = columns.filter(
    (verdict) => verdict === 'pass' || records.some(({ summary }) => summary[verdict] > 0),
  );
  const rows = records.map((record) => {
    const cells = used.map((verdict) => String(record.summary[verdict]));
    return `| ${nameOf(record)} | ${[...cells, String(record.summary.knownFailing), conclusion(record, strictness)].join(' | ')} |`;
  });
  const missing = notPlayed.map(
    ({ title, reason }) =>
      `| ${markdownText(title)} | ${[...used.map(() => '·'), '·', `not played: ${markdownText(reason)}`].join(' | ')} |`,
  );
  return [
    `| target | ${used.join(' | ')} | known to fail | |`,
    `| --- | ${used.map(() => '---:').join(' | ')} | ---: | --- |`,
    ...rows,
    ...missing,
  ];
}

function nameOf({ target, round }: RunRecord): string {
  const { name, version } = target.product;
  const product = version === undefined ? name : `${name} ${version}`;
  return `${markdownText(target.title)} (${markdownText(product)})${round === undefined ? '' : `, round ${round}`}`;
}

function conclusion(record: RunRecord, strictness: Strictness): string {
  const codes = {
    0: '✅ conformant',
    1: '❌ not conformant',
    4: '⚠️ Touchstone itself went wrong',
    130: '⏹️ stopped before its end',
  };
  return `${codes[exitCodeFor(record, strictness)]}${scopeOf(record)}`;
}

/** What fails the run, each with its requirement and the reason. */
function failures(record: RunRecord, strictness: Strictness, several: boolean): string[] {
  const failing = record.cases.filter((one) => failsRun(one, strictness));
  const stale = record.staleKnownFailing ?? [];
  if (failing.length + stale.length === 0) return [];
  const lines = [`### ${heading(failing.length, 'failure', record, several)}`, ''];
  for (const one of failing.slice(0, mostListed)) lines.push(`- ${failure(one)}`);
  if (failing.length > mostListed) lines.push(`- and ${failing.length - mostListed} more`);
  for (const entry of stale) lines.push(`- known-failing.yaml names no case: ${code(entry)}`);
  return lines;
}

function heading(count: number, what: string, { target }: RunRecord, several: boolean): string {
  const number = `${count} ${what}${count === 1 ? '' : 's'}`;
  return several ? `${number} on ${markdownText(target.title)}` : number;
}

function failure(one: CaseResult): string {
  const sections = [
    ...new Set(one.covers.map(({ specification, section }) => `${specification} section ${section}`)),
  ];
  const where = one.failure?.step ?? one;
  return [
    `${code(one.id)} ${one.verdict === 'fail' ? '' : `(${one.verdict}) `}${markdownText(one.title)}`,
    `<br>${markdownText(whyOf(one))}`,
    `<br>${[...sections.map((section) => markdownText(section)), code(`${where.file}:${where.line}`)].join(', ')}`,
  ].join('');
}

/** Cases that gave more than one verdict: in several rounds, or when they were played again. */
function flakes(records: readonly RunRecord[]): string[] {
  const ofRounds = flakesOf(records).map(
    ({ target, id, rounds, known }) =>
      `- ${code(id)} on ${markdownText(target)}: ${rounds.map(([verdict, those]) => `${verdict} in ${those.length}`).join(', ')}${known === undefined ? '' : ' (known)'}`,
  );
  const ofAttempts = records.flatMap(({ cases, target }) =>
    cases
      .filter(({ verdict }) => verdict === 'flaky')
      .map(
        ({ id, attempts = [] }) => `- ${code(id)} on ${markdownText(target.name)}: ${attempts.join(', ')}`,
      ),
  );
  const all = [...ofRounds, ...ofAttempts];
  if (all.length === 0) return [];
  const more = all.length > mostListed ? [`- and ${all.length - mostListed} more`] : [];
  return [`### ${all.length} flaky`, '', ...all.slice(0, mostListed), ...more];
}

/** What fails no run, folded away: what is known to fail, what warns, and what was not reached. */
function quieter(record: RunRecord, strictness: Strictness, several: boolean): string[] {
  const known = record.cases.filter(isKnownFailure);
  const warnings = record.cases.filter(
    (one) => one.verdict === 'warn' && !isKnownFailure(one) && !failsRun(one, strictness),
  );
  return [
    ...folded('known failure', known, record, several, (one) => markdownText(one.knownFailing?.reason ?? '')),
    ...folded('warning', warnings, record, several, (one) => markdownText(one.failure?.message ?? one.title)),
    ...folded(
      'pending case',
      (record.pending ?? []).map((id) => ({ id })),
      record,
      several,
      () => 'the run ended before',
    ),
  ];
}

function folded<Row extends { id: string }>(
  what: string,
  rows: readonly Row[],
  record: RunRecord,
  several: boolean,
  text: (row: Row) => string,
): string[] {
  if (rows.length === 0) return [];
  // Dozens of cases may stand here for one reason.
  const byText = new Map<string, Row[]>();
  for (const row of rows) byText.set(text(row), [...(byText.get(text(row)) ?? []), row]);
  const groups = [...byText].slice(0, mostListed);
  const more = byText.size > mostListed ? [`- and ${byText.size - mostListed} more reasons`] : [];
  return [
    `<details><summary>${heading(rows.length, what, record, several)}</summary>`,
    '',
    ...groups.map(
      ([reason, [first, ...others]]) => `- ${code(first?.id ?? '')}${andMore(others.length)}: ${reason}`,
    ),
    ...more,
    '',
    '</details>',
  ];
}

function andMore(count: number): string {
  return count === 0 ? '' : ` and ${count} more`;
}
