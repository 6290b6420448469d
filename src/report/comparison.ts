import {
  type Alone,
  type Change,
  changes,
  type Difference,
  type Outcome,
  reservesOf,
} from '../record/compare.ts';
import type { RunRecord } from '../record/record.schema.ts';
import type { Colours } from './colours.ts';
import { code, markdownText } from './markdown.ts';
import { oneLine } from './printable.ts';
import { whyOf } from './why.ts';

/** What differs between two runs on one target. */
export interface Comparison {
  earlier: RunRecord;
  later: RunRecord;
  differences: readonly Difference[];
}

const widest = 400;
/** A comment on a pull request holds 65,536 characters; what changed for the worse is never cut. */
const mostRows = 100;

/** What differs, for a terminal. */
export function comparisonText({ earlier, later, differences }: Comparison, colours: Colours): string[] {
  const paint: Record<Change, (text: string) => string> = {
    'newly broken': colours.red,
    'newly mended': colours.green,
    changed: colours.yellow,
    gone: colours.dim,
    new: colours.dim,
  };
  const lines = [
    colours.bold(`${oneLine(nameOf(earlier), widest)} → ${oneLine(nameOf(later), widest)}`),
    ...reservesOf(earlier, later).map((text) => colours.yellow(text)),
  ];
  for (const [change, rows] of byChange(differences)) {
    lines.push('', paint[change](`${change}: ${rows.length}`));
    for (const row of rows)
      lines.push(`  ${oneLine(row.id, widest)}  ${colours.dim(stepOf(row))}`, ...why(row));
  }
  return [...lines, '', totalOf(differences)];
}

function why({ change, result }: Difference): string[] {
  if (change !== 'newly broken') return [];
  return [`    ${oneLine(whyOf(result), widest)}`];
}

/** What differs, as Markdown for a pull request. */
export function comparisonMarkdown({ earlier, later, differences }: Comparison): string {
  const lines = [
    `### ${markdownText(nameOf(earlier))} → ${markdownText(nameOf(later))}`,
    '',
    markdownText(totalOf(differences)),
    ...reservesOf(earlier, later).flatMap((text) => ['', `⚠️ ${markdownText(text)}`]),
  ];
  for (const [change, rows] of byChange(differences)) {
    lines.push('', `#### ${change}: ${rows.length}`, '', '| case | from | to |', '| --- | --- | --- |');
    const shown = change === 'newly broken' ? rows : rows.slice(0, mostRows);
    for (const row of shown) lines.push(`| ${code(row.id)} | ${word(row.earlier)} | ${word(row.later)} |`);
    if (shown.length < rows.length) lines.push('', `and ${rows.length - shown.length} more`);
  }
  return `${lines.join('\n')}\n`;
}

/** What is said of a target that only one of the two tells of. */
export function aloneText({ target, where, reason }: Alone): string {
  if (reason !== undefined) return `${target} was not played any more: ${reason}`;
  return where === 'earlier'
    ? `${target} is in the earlier record alone`
    : `${target} is in the later record alone`;
}

function byChange(differences: readonly Difference[]): [Change, Difference[]][] {
  return changes
    .map((change): [Change, Difference[]] => [change, differences.filter((one) => one.change === change)])
    .filter(([, rows]) => rows.length > 0);
}

function totalOf(differences: readonly Difference[]): string {
  if (differences.length === 0) return 'every case came to the same';
  return byChange(differences)
    .map(([change, rows]) => `${rows.length} ${change}`)
    .join(', ');
}

function stepOf({ earlier, later }: Difference): string {
  return `${word(earlier)} → ${word(later)}`;
}

function word(outcome: Outcome | undefined): string {
  if (!outcome) return '·';
  if (outcome.unexpected) return `${outcome.verdict}, listed as failing`;
  return outcome.known ? `${outcome.verdict}, known` : outcome.verdict;
}

function nameOf({ target, started }: RunRecord): string {
  const { name, version } = target.product;
  return `${target.name} (${version === undefined ? name : `${name} ${version}`}, ${started.slice(0, 16).replace('T', ' ')})`;
}
