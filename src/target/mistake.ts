import { relative } from 'node:path';

/** Something wrong in a file that a person wrote, and where. Lines and columns count from 1. */
export interface Mistake {
  file: string;
  line: number;
  column: number;
  /** The line of the file that holds the mistake. */
  sourceLine: string;
  /** What is wrong, without a full stop. */
  text: string;
  /** What to do about it. */
  hint?: string;
}

/** A file cannot be used. Its message shows every mistake in it. */
export class InvalidFileError extends Error {
  readonly code = 'INVALID_FILE';
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(formatMistake).join('\n\n'));
    this.name = 'InvalidFileError';
    this.mistakes = mistakes;
  }
}

const widestSourceLine = 160;

/** The mistake as text of several lines: position and what is wrong, the source line with a mark, the hint. */
export function formatMistake(mistake: Mistake): string {
  const number = String(mistake.line);
  const margin = ' '.repeat(number.length);
  const { shown, column } = window(mistake.sourceLine, mistake.column);
  const lines = [`${shortPath(mistake.file)}:${mistake.line}:${mistake.column}: ${mistake.text}`];
  if (shown.trim() !== '') {
    lines.push(`  ${number} | ${visible(shown)}`, `  ${margin} | ${' '.repeat(column - 1)}^`);
  }
  if (mistake.hint !== undefined) lines.push(`  ${margin} = ${mistake.hint}`);
  return lines.join('\n');
}

/** Sorts mistakes by where they stand. */
export function byPosition(a: Mistake, b: Mistake): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}

/**
 * The candidate that a misspelt word most likely means: few letters added, lost, changed or swapped, or else
 * the word cut short.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const written = word.toLowerCase().slice(0, 80);
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - written.length) >= fewest) continue;
    const edits = distance(written, candidate.toLowerCase());
    if (edits < fewest) {
      best = candidate;
      fewest = edits;
    }
  }
  if (best !== undefined || written.length < 3) return best;
  return [...candidates].find((candidate) => candidate.toLowerCase().startsWith(written));
}

/** So many words are listed as possible; of more, those that look most like what was written. */
const mostSuggested = 24;

/** ``did you mean `x`?`` where a candidate is near, else the list of those that are possible. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const meant = nearest(word, candidates);
  if (meant !== undefined) return `did you mean \`${meant}\`?`;
  if (candidates.length === 0) return undefined;
  if (candidates.length <= mostSuggested) return `possible here: ${candidates.join(', ')}`;
  const likely = candidates
    .map((candidate) => ({ candidate, distance: distance(word.slice(0, 80), candidate) }))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, 5)
    .map(({ candidate }) => candidate);
  return `possible here: ${likely.join(', ')} and ${candidates.length - likely.length} more`;
}

/** The path as a person at this terminal would type it. */
function shortPath(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') ? file : path;
}

/** The part of a long line around a column, so that the mark stays in sight. */
function window(line: string, column: number): { shown: string; column: number } {
  if (line.length <= widestSourceLine) return { shown: line, column };
  const from = Math.max(0, Math.min(column - widestSourceLine / 2, line.length - widestSourceLine));
  return { shown: line.slice(from, from + widestSourceLine), column: column - from };
}

function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === '\t' ? ' ' : '\u{fffd}'));
}

/** Optimal string alignment distance. */
function distance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      const at = (line: number[], index: number) => line[index] ?? 0;
      let edits = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) edits = Math.min(edits, at(beforePrevious, column - 2) + 1);
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
