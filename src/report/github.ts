import { appendFileSync } from 'node:fs';
import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import { UnwritableFileError } from '../record/record-errors.ts';
import type { RecordSet } from '../record/record-set.ts';
import { failsRun, isKnownFailure, type Strictness } from '../record/summary.ts';
import { oneLine } from './printable.ts';
import type { Reporter, ReporterContext } from './reporter.ts';
import { summaryMarkdown } from './summary-markdown.ts';
import { troublesOfNoRecord, troublesOfRecord } from './troubles.ts';
import { whyOf } from './why.ts';

/** GitHub shows ten errors and ten warnings of a step; of more, only the log would tell. */
const mostOfKind = 10;
const widest = 1_000;

/**
 * For a step of GitHub Actions: annotations at the lines of the suite files, and the summary of the step where
 * `GITHUB_STEP_SUMMARY` names its file. `print` writes to the log of the step. `onEnd` throws `UnwritableFileError`.
 */
export function githubReporter(context: ReporterContext, print: (text: string) => void): Reporter {
  return {
    onEnd(set) {
      for (const line of annotations(set, context.strictness)) print(`${line}\n`);
      const file = context.environment.GITHUB_STEP_SUMMARY;
      if (file) append(file, summaryMarkdown(set, context.strictness));
    },
  };
}

function append(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    throw new UnwritableFileError(file, error);
  }
}

/** A workflow command for all else that fails the run, for each case that does, then for those that warn. */
export function annotations(set: RecordSet, strictness: Strictness = {}): string[] {
  const { records } = set;
  const failing = records.flatMap((record) =>
    record.cases.filter((one) => failsRun(one, strictness)).map((one) => annotation('error', one, record)),
  );
  const troubles = [...records.flatMap(troublesOfRecord), ...troublesOfNoRecord(set)]
    .filter(({ kind }) => kind !== 'pending')
    .map(({ kind, name, message, target }) =>
      command('error', { title: `${target}: ${kind}` }, `${name}: ${message}`),
    );
  const warning = records.flatMap((record) =>
    record.cases
      .filter((one) => !failsRun(one, strictness) && isNoted(one))
      .map((one) => annotation('warning', one, record)),
  );
  return [...limited('error', [...troubles, ...failing]), ...limited('warning', warning)];
}

function isNoted(one: CaseResult): boolean {
  return (one.verdict === 'warn' || one.verdict === 'flaky') && !isKnownFailure(one);
}

function annotation(level: 'error' | 'warning', one: CaseResult, { target }: RunRecord): string {
  const { file, line, column } = { column: undefined, ...(one.failure?.step ?? one) };
  const [requirement] = one.covers;
  const section = requirement ? ` (${requirement.specification} section ${requirement.section})` : '';
  const place = { file, line: String(line), ...(column === undefined ? {} : { col: String(column) }) };
  return command(
    level,
    { ...place, title: `${one.id} on ${target.name}: ${one.verdict}` },
    `${one.title}${section}: ${whyOf(one)}`,
  );
}

function limited(kind: string, lines: readonly string[]): string[] {
  if (lines.length <= mostOfKind) return [...lines];
  const shown = lines.slice(0, mostOfKind - 1);
  const rest = lines.length - shown.length;
  return [...shown, command(kind, {}, `${rest} more of this kind: the reports hold them`)];
}

/** A workflow command: nothing in a value or the message can end it, or begin another one. */
function command(name: string, properties: Readonly<Record<string, string>>, message: string): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escaped(value, /[%\r\n:,]/g)}`);
  return `::${name}${list.length > 0 ? ` ${list.join(',')}` : ''}::${escaped(message, /[%\r\n]/g)}`;
}

function escaped(text: string, special: RegExp): string {
  const encode = (character: string) =>
    `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  return oneLine(text, widest).replace(special, encode);
}
