import type { RunRecord, Verdict } from '../record/record.schema.ts';
import type { Colours } from './colours.ts';
import { oneLine } from './printable.ts';

/** The verdicts in the order in which they are shown. */
export const columns: readonly Verdict[] = [
  'pass',
  'fail',
  'flaky',
  'warn',
  'unsupported',
  'inconclusive',
  'error',
];

/** A row of counts for each suite, and their sum, in columns. Verdicts that no case has are left out. */
export function verdictTable(record: RunRecord, colours: Colours): string[] {
  const suites = new Map<string, Map<Verdict, number>>();
  for (const { suite, verdict } of record.cases) {
    const counts = suites.get(suite) ?? new Map<Verdict, number>();
    suites.set(suite, counts.set(verdict, (counts.get(verdict) ?? 0) + 1));
  }
  const used = columns.filter((verdict) => verdict === 'pass' || record.summary[verdict] > 0);
  const names = [...suites.keys()].map((name) => oneLine(name, 60));
  const width = Math.max('suite'.length, ...names.map((name) => name.length));
  const cell = (text: string, verdict: Verdict) => text.padStart(Math.max(verdict.length, 5) + 2);
  const row = (name: string, count: (verdict: Verdict) => number) => {
    const cells = used.map((verdict) => {
      const number = count(verdict);
      const text = cell(number === 0 ? '·' : String(number), verdict);
      return number === 0 ? colours.dim(text) : (paints[verdict]?.(colours)(text) ?? text);
    });
    return name.padEnd(width) + cells.join('');
  };
  return [
    colours.dim('suite'.padEnd(width) + used.map((verdict) => cell(verdict, verdict)).join('')),
    ...[...suites.values()].map((counts, index) =>
      row(names[index] ?? '', (verdict) => counts.get(verdict) ?? 0),
    ),
    ...(suites.size > 1 ? [row('all', (verdict) => record.summary[verdict])] : []),
  ];
}

const paints: Partial<Record<Verdict, (colours: Colours) => (text: string) => string>> = {
  fail: ({ red }) => red,
  inconclusive: ({ red }) => red,
  error: ({ red }) => red,
  flaky: ({ yellow }) => yellow,
  warn: ({ yellow }) => yellow,
};

/** Which capabilities the target lacks, and how many cases each keeps from being played. */
export function missingCapabilities(record: RunRecord): string[] {
  const missing = new Map<string, number>();
  for (const one of record.cases) {
    if (one.verdict !== 'unsupported') continue;
    for (const name of one.missing ?? [one.reason ?? 'for no reason given'])
      missing.set(name, (missing.get(name) ?? 0) + 1);
  }
  if (missing.size === 0) return [];
  const list = [...missing].sort(([, one], [, other]) => other - one);
  return [
    'not offered by the target, so not played:',
    ...list.map(([name, count]) => `  ${oneLine(name, 200)} (${count === 1 ? '1 case' : `${count} cases`})`),
  ];
}
