import type { CaseResult, Failure } from '../record/record.schema.ts';
import type { Colours } from './colours.ts';
import { oneLine, printable } from './printable.ts';

const shownEntries = 8;
const widest = 400;

/** Everything a person needs to know of a case that did not pass, line by line, safe for a terminal. */
export function failureText(one: CaseResult, colours: Colours): string[] {
  const lines = [`${colours.bold(mark(one, colours))} ${colours.bold(one.id)}`, `  ${one.title}`];
  for (const requirement of one.covers) {
    const where = `${requirement.specification} section ${requirement.section}, ${requirement.level}`;
    lines.push(colours.dim(`  ${requirement.id} (${where})`), colours.dim(`    ${requirement.summary}`));
  }
  if (one.failure) lines.push(...explain(one.failure, colours));
  else if (one.reason) lines.push(`  ${oneLine(one.reason, widest)}`);
  if (one.knownFailing)
    lines.push(`  listed in known-failing.yaml: ${oneLine(one.knownFailing.reason, widest)}`);
  lines.push(...wire(one, colours));
  return lines;
}

function mark(one: CaseResult, colours: Colours): string {
  if (one.unexpectedPass) return colours.yellow('PASS, but listed as failing');
  const word = one.verdict.toUpperCase();
  return one.verdict === 'warn' ? colours.yellow(word) : colours.red(word);
}

function explain(failure: Failure, colours: Colours): string[] {
  const lines: string[] = [];
  if (failure.step) {
    const { file, line, column, sentence } = failure.step;
    lines.push(`  at ${colours.cyan(`${file}:${line}:${column}`)}`, `     ${oneLine(sentence, widest)}`);
  }
  lines.push(...labelled('expected', failure.expected, colours.green));
  if (failure.nearest !== undefined) lines.push(...labelled('got', failure.nearest, colours.red));
  for (const { path, expected, actual } of failure.differences ?? []) {
    lines.push(`    ${printable(path)}`);
    lines.push(colours.green(`      - ${oneLine(expected, widest)}`));
    lines.push(colours.red(`      + ${actual === undefined ? '(not there)' : oneLine(actual, widest)}`));
  }
  lines.push(`  ${oneLine(failure.message, widest * 2)}`);
  if (failure.localPort !== undefined) lines.push(colours.dim(`  local port ${failure.localPort}`));
  return lines;
}

function labelled(label: string, text: string, colour: (text: string) => string): string[] {
  const width = 11;
  return printable(text)
    .split('\n')
    .slice(0, 12)
    .map((line, index) => {
      const shown = line.length > widest ? `${line.slice(0, widest)}…` : line;
      return `  ${(index === 0 ? `${label}:` : '').padEnd(width)}${colour(shown)}`;
    });
}

/** The last of what passed on the wire. */
function wire(one: CaseResult, colours: Colours): string[] {
  const entries = one.evidence?.transcript ?? [];
  if (entries.length === 0) return [];
  const arrows = { sent: '→', received: '←', event: '·', step: '▸' } as const;
  const last = entries.slice(-shownEntries).map((entry) => {
    const content = entry.text ?? entry.hex ?? '';
    const at = `${entry.at.toFixed(1)} ms`.padStart(11);
    return colours.dim(`  ${at}  ${entry.actor} ${arrows[entry.direction]} ${oneLine(content, 160)}`);
  });
  const left = entries.length - last.length;
  return [
    colours.dim(`  the last of the wire${left > 0 ? ` (${left} entries before it are in the record)` : ''}:`),
    ...last,
  ];
}
