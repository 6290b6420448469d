import type { CaseResult, Failure, Verdict } from '../record/record.schema.ts';
import type { Colours } from './colours.ts';
import { type DiffLine, diffLines } from './line-diff.ts';
import { oneLine, printable } from './printable.ts';
import type { SourceLine } from './source-line.ts';

const shownEntries = 8;
const shownDiffLines = 24;
const shownDifferences = 12;
const widest = 400;

export interface Style {
  colours: Colours;
  sourceLine: SourceLine;
}

/** What a person needs to know of a case that did not pass, line by line, safe for a terminal. A warning is shorter. */
export function failureText(one: CaseResult, style: Style): string[] {
  const { colours } = style;
  const lines = headText(one, colours);
  if (one.failure) lines.push(...explain(one.failure, one, style));
  if (one.unexpectedPass) lines.push(...listing(one));
  if (one.verdict !== 'warn') lines.push(...wire(one, colours));
  return lines;
}

/** The verdict and the case, what it covers, and why nothing was learnt where nothing was. */
export function headText(one: CaseResult, colours: Colours): string[] {
  const lines = [
    `${mark(one, colours)} ${colours.bold(oneLine(one.id, widest))}`,
    `  ${oneLine(one.title, widest)}`,
  ];
  for (const requirement of one.covers) {
    const where = `${requirement.specification} section ${requirement.section}, ${requirement.level}`;
    lines.push(`  ${colours.cyan(oneLine(requirement.id, widest))} ${oneLine(`(${where})`, widest)}`);
    lines.push(colours.dim(`    ${oneLine(requirement.summary, widest)}`));
  }
  if (one.attempts) lines.push(`  attempts: ${one.attempts.join(', ')}`);
  if (one.reason !== undefined) lines.push(`  ${oneLine(one.reason, widest)}`);
  return lines;
}

function mark(one: CaseResult, colours: Colours): string {
  if (one.unexpectedPass) return colours.bold(colours.yellow('PASS, but listed as failing:'));
  return colours.bold(verdictWord(one.verdict, colours));
}

/** `FAIL`, in the colour of what it means. */
export function verdictWord(verdict: Verdict, { green, yellow, red }: Colours): string {
  const word = verdict.toUpperCase();
  if (verdict === 'pass') return green(word);
  if (verdict === 'unsupported') return word;
  return verdict === 'warn' || verdict === 'flaky' ? yellow(word) : red(word);
}

function listing({ knownFailing }: CaseResult): string[] {
  const link = knownFailing?.link === undefined ? '' : ` (${knownFailing.link})`;
  return [
    `  known-failing.yaml says: ${oneLine(`${knownFailing?.reason ?? ''}${link}`, widest)}`,
    '  Take the entry away: from then on a failure is noticed again.',
  ];
}

function explain(failure: Failure, one: CaseResult, { colours, sourceLine }: Style): string[] {
  const lines: string[] = [];
  if (failure.step) lines.push(...position(failure.step, one.verdict !== 'warn', colours, sourceLine));
  if (!one.reason?.includes(failure.message)) lines.push(`  ${oneLine(failure.message, widest)}`);
  return [...lines, ...differenceLines(failure, colours)];
}

/** What was expected beside the nearest thing that came, and from which port. */
export function differenceLines(failure: Failure, colours: Colours): string[] {
  const lines: string[] = [];
  // What is tolerated came as one of the outcomes that the case lists: there is nothing to compare.
  if (failure.tolerated !== undefined) return lines;
  if (failure.nearest === undefined) lines.push(...expectation(failure.expected, colours));
  else lines.push(...comparison(failure.expected, failure.nearest, colours));
  const differences = (failure.differences ?? []).filter((one) => differenceText(one) !== failure.message);
  for (const { path, expected, actual } of differences.slice(0, shownDifferences)) {
    const came = actual === undefined ? 'nothing' : oneLine(actual, widest);
    const wanted = oneLine(expected, widest);
    lines.push(`    ${oneLine(path, widest)}: expected ${colours.green(wanted)}, got ${colours.red(came)}`);
  }
  const more = differences.length - shownDifferences;
  if (more > 0) lines.push(`    and ${more} more differences`);
  if (failure.localPort !== undefined) lines.push(colours.dim(`  local port ${failure.localPort}`));
  return lines;
}

function differenceText({ path, expected, actual }: NonNullable<Failure['differences']>[number]): string {
  return `${path}: expected ${expected}, got ${actual ?? 'nothing'}`;
}

/** Where the step stands, with its line where that can still be read and still begins there. */
function position(
  { file, line, column, sentence }: NonNullable<Failure['step']>,
  withSource: boolean,
  colours: Colours,
  sourceLine: SourceLine,
): string[] {
  const where = `  at ${colours.cyan(oneLine(`${file}:${line}:${column}`, widest))}`;
  const source = withSource ? sourceLine(file, line) : undefined;
  if (source === undefined) return [where, `     ${oneLine(sentence, widest)}`];
  const number = String(line).padStart(6);
  const before = ' '.repeat(Math.max(0, Math.min(column - 1, source.length)));
  const shown = printable(source.replaceAll('\t', ' ')).slice(0, widest);
  return [
    where,
    `${colours.dim(`${number} |`)} ${shown}`,
    `${colours.dim('       |')} ${before}${colours.red('^')}`,
  ];
}

function expectation(expected: string, colours: Colours): string[] {
  const lines = expected.split('\n').slice(0, shownDiffLines);
  return lines.map(
    (line, index) => `  ${index === 0 ? 'expected: ' : '          '}${colours.green(oneLine(line, widest))}`,
  );
}

function comparison(expected: string, nearest: string, colours: Colours): string[] {
  const lines = diffLines(expected, nearest);
  const show = { '-': colours.green, '+': colours.red, ' ': colours.dim };
  const shown = lines
    .slice(0, shownDiffLines)
    .map(({ mark: sign, line }: DiffLine) => `    ${show[sign](`${sign} ${oneLine(line, widest)}`)}`);
  if (lines.length > shownDiffLines) shown.push(`    (${lines.length - shownDiffLines} more lines)`);
  return [`  ${colours.green('- expected')}  ${colours.red('+ nearest that came')}`, ...shown];
}

/** The last of what passed on the wire. */
function wire(one: CaseResult, colours: Colours): string[] {
  const entries = one.evidence?.transcript ?? [];
  if (entries.length === 0) return [];
  const arrows = { sent: '→', received: '←', event: '·', step: '▸' } as const;
  const last = entries.slice(-shownEntries).map(({ at, actor, direction, text, hex, bytes }) => {
    const content = text ?? (hex === undefined ? '' : `${bytes} bytes: ${hex}`);
    const time = `${at.toFixed(1)} ms`.padStart(11);
    // A step is a sentence that begins with its actor.
    const who = direction === 'step' ? '' : `${oneLine(actor, 40)} `;
    return colours.dim(`  ${time}  ${who}${arrows[direction]} ${oneLine(content, 160)}`);
  });
  const left = entries.length + (one.evidence?.omitted?.entries ?? 0) - last.length;
  return [
    colours.dim(`  the last of the wire${left > 0 ? ` (${left} entries before it are left out)` : ''}:`),
    ...last,
  ];
}
