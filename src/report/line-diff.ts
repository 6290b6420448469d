/** A line that both have, that only the expected text has (`-`), or only the actual one (`+`). */
export interface DiffLine {
  mark: ' ' | '-' | '+';
  line: string;
}

/** Longer texts are only compared so far, since the comparison takes lines times lines. */
const mostLines = 60;

/** The lines of two texts side by side. XML on one line is broken where one tag follows another. */
export function diffLines(expected: string, actual: string): DiffLine[] {
  const before = linesOf(expected);
  const after = linesOf(actual);
  const common = commonLengths(before, after);
  const result: DiffLine[] = [];
  let one = 0;
  let other = 0;
  while (one < before.length || other < after.length) {
    const [line, came] = [before[one], after[other]];
    if (line !== undefined && line === came) {
      result.push({ mark: ' ', line });
      one++;
      other++;
    } else if (
      line !== undefined &&
      (came === undefined || longest(common, one + 1, other) >= longest(common, one, other + 1))
    ) {
      result.push({ mark: '-', line });
      one++;
    } else {
      result.push({ mark: '+', line: came ?? '' });
      other++;
    }
  }
  return result;
}

function linesOf(text: string): string[] {
  const lines = (text.startsWith('<') ? text.replaceAll('><', '>\n<') : text).split('\n');
  return lines.length > mostLines
    ? [...lines.slice(0, mostLines), `(${lines.length - mostLines} more lines)`]
    : lines;
}

/** How many lines the rests of both texts have in common, from each pair of places. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const lengths = Array.from({ length: before.length + 1 }, () =>
    new Array<number>(after.length + 1).fill(0),
  );
  for (let one = before.length - 1; one >= 0; one--)
    for (let other = after.length - 1; other >= 0; other--) {
      const row = lengths[one];
      if (!row) continue;
      row[other] =
        before[one] === after[other]
          ? longest(lengths, one + 1, other + 1) + 1
          : Math.max(longest(lengths, one + 1, other), longest(lengths, one, other + 1));
    }
  return lengths;
}

function longest(lengths: readonly (readonly number[])[], one: number, other: number): number {
  return lengths[one]?.[other] ?? 0;
}
