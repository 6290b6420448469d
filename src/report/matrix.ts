import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { isKnownFailure } from '../record/summary.ts';
import type { Colours } from './colours.ts';
import { oneLine } from './printable.ts';

/** So many of the cases that differ are listed; the record holds all. */
const mostListed = 40;

type Mark = keyof typeof marks;

/** What a verdict looks like in a cell, in the order in which the marks stand there. */
const marks = {
  fail: '✗',
  inconclusive: '?',
  error: 'E',
  known: 'k',
  flaky: '~',
  warn: '!',
  unsupported: '-',
} as const;

const legend =
  'passed; ✗ failed, k known to fail, ~ flaky, ! warned, - unsupported, ? inconclusive, E error of Touchstone, · not played';

/** What several targets came to: a row for each suite, a column for each target. */
export function matrix({ records }: RecordSet, colours: Colours, width = 100): string[] {
  const suites = [...new Set(records.flatMap((record) => record.cases.map((one) => one.suite)))];
  const nameWidth = Math.max(...suites.map((suite) => suite.length), 'all'.length);
  const columns = records.map((record) => columnOf(record, suites));
  const lines: string[] = [];
  for (const block of blocksOf(columns, width - nameWidth)) {
    const row = (name: string, text: (column: Column) => string) =>
      name.padEnd(nameWidth) + block.map((column) => text(column).padStart(column.width + 2)).join('');
    lines.push(
      colours.dim(row('suite', (column) => column.name)),
      ...suites.map((suite) =>
        painted(
          row(oneLine(suite, nameWidth), (column) => column.cells.get(suite) ?? '·'),
          colours,
        ),
      ),
      painted(
        row('all', (column) => column.all),
        colours,
      ),
      '',
    );
  }
  return [...lines, colours.dim(legend)];
}

interface Column {
  name: string;
  cells: Map<string, string>;
  all: string;
  width: number;
}

function columnOf(record: RunRecord, suites: readonly string[]): Column {
  const name = oneLine(record.target.name, 18);
  const cells = new Map<string, string>();
  for (const suite of suites) {
    const cases = record.cases.filter((one) => one.suite === suite);
    if (cases.length > 0) cells.set(suite, cellOf(cases));
  }
  const all = cellOf(record.cases);
  const width = Math.max(name.length, all.length, ...[...cells.values()].map((cell) => cell.length));
  return { name, cells, all, width };
}

/** `52`, or `49 2✗ 1k`. */
function cellOf(cases: readonly CaseResult[]): string {
  const counts = new Map<Mark, number>();
  let passed = 0;
  for (const one of cases) {
    const mark = markOf(one);
    if (mark === undefined) passed++;
    else counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  const parts = (Object.keys(marks) as Mark[]).flatMap((mark) => {
    const count = counts.get(mark);
    return count === undefined ? [] : [`${count}${marks[mark]}`];
  });
  return [String(passed), ...parts].join(' ');
}

/** Nothing for a pass; a pass that is listed as failing is a failure of the list. */
function markOf(one: CaseResult): Mark | undefined {
  if (one.unexpectedPass) return 'fail';
  if (isKnownFailure(one)) return 'known';
  return one.verdict === 'pass' ? undefined : one.verdict;
}

/** As many columns side by side as there is room for. */
function blocksOf(columns: readonly Column[], room: number): Column[][] {
  const blocks: Column[][] = [];
  let left = 0;
  for (const column of columns) {
    const needed = column.width + 2;
    const block = blocks.at(-1);
    if (!block || needed > left) {
      blocks.push([column]);
      left = room - needed;
    } else {
      block.push(column);
      left -= needed;
    }
  }
  return blocks;
}

function painted(row: string, { red, yellow }: Colours): string {
  return row.replace(/\d+[✗?E]/g, red).replace(/\d+!/g, yellow);
}

/** The cases that do not come to the same on all targets that could be asked, with who answers how. */
export function differences({ records }: RecordSet): string[] {
  const answers = new Map<string, Map<string, string[]>>();
  for (const { target, cases } of records)
    for (const one of cases) {
      const mark = markOf(one) ?? 'pass';
      if (mark === 'unsupported') continue;
      const word = mark === 'known' ? 'fail (known)' : mark;
      const byWord = answers.get(one.id) ?? new Map<string, string[]>();
      byWord.set(word, [...(byWord.get(word) ?? []), target.name]);
      answers.set(one.id, byWord);
    }
  const differing = [...answers].filter(([, byWord]) => byWord.size > 1);
  if (differing.length === 0) return [];
  const lines = differing.slice(0, mostListed).map(([id, byWord]) => {
    const others = [...byWord].filter(([word]) => word !== 'pass');
    const said = others.map(
      ([word, names]) => `${word}: ${names.map((name) => oneLine(name, 40)).join(', ')}`,
    );
    return `  ${oneLine(id, 200)}\n      ${said.join('; ')}`;
  });
  const more = differing.length - lines.length;
  return [
    differing.length === 1
      ? '1 case differs between the targets:'
      : `${differing.length} cases differ between the targets:`,
    ...lines,
    ...(more > 0 ? [`  and ${more} more: record.json holds all`] : []),
  ];
}
