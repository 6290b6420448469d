import { expect, it } from 'vitest';
import { diffLines } from './line-diff.ts';
import { oneLine } from './printable.ts';
import { together } from './reporter.ts';
import { sourceLine } from './source-line.ts';
import { passed, sampleRecord } from './test-support.ts';

it('several reporters hear the same, in their order', async () => {
  const heard: string[] = [];
  const one = { onCaseEnd: ({ id }: { id: string }) => void heard.push(`one ${id}`) };
  const other = { onCaseEnd: () => void heard.push('other'), onRunEnd: () => void heard.push('end') };
  const both = together([one, other, {}]);
  both.onCaseStart('a');
  both.onCaseEnd({ ...passed, id: 'a' });
  await both.onRunEnd(sampleRecord([passed]));
  expect(heard).toEqual(['one a', 'other', 'end']);
});

it('a reporter that fails at the end keeps none of the others from theirs', async () => {
  let ended = 0;
  const failing = { onRunEnd: () => Promise.reject(new Error('the disk is full')) };
  const both = together([failing, { onRunEnd: () => void ended++ }]);
  await expect(both.onRunEnd(sampleRecord([passed]))).rejects.toThrow('the disk is full');
  expect(ended).toBe(1);
});

it.each<[string, string, string]>([
  ['a\nb\nc', 'a\nx\nc', ' a|-b|+x| c'],
  ['<a><b/></a>', '<a><b/><c/></a>', ' <a>| <b/>|+<c/>| </a>'],
  ['a', 'a\nb', ' a|+b'],
  ['a\nb', 'b', '-a| b'],
  ['', '', ' '],
])('the difference of %j and %j', (expected, actual, difference) => {
  expect(
    diffLines(expected, actual)
      .map(({ mark, line }) => mark + line)
      .join('|'),
  ).toBe(difference);
});

it('compares only so many lines', () => {
  const lines = diffLines('x\n'.repeat(100_000), 'y\n'.repeat(100_000));
  expect(lines).toHaveLength(121);
  expect(lines[120]?.line).toBe('(99941 more lines)');
});

it.each([
  ['short', 20, 'short'],
  ['exactly ten', 11, 'exactly ten'],
  ['exactly eleven', 11, 'exactly el…'],
  [' a \n\n  b\tc\n', 20, 'a b c'],
  ['日本語の文字', 12, '日本語の文字'],
  ['日本語の文字', 11, '日本語の文…'],
  ['🌝🌝🌝', 5, '🌝🌝…'],
])('%j in %i columns', (text, width, shown) => {
  expect(oneLine(text, width)).toBe(shown);
});

it('takes a flood of white space in its stride', () => {
  expect(oneLine(`${' \n'.repeat(1_000_000)}a`, 10)).toBe('…');
  expect(oneLine(`${' '.repeat(2_000_000)}a`, 10_000)).toBe('…');
});

it('reads lines of suite files, and of nothing else', () => {
  expect(sourceLine('suites/messaging/requirements.yaml', 1)).toContain('yaml-language-server');
  expect(sourceLine('suites/messaging/requirements.yaml', 1_000_000)).toBeUndefined();
  expect(sourceLine('none.yaml', 1)).toBeUndefined();
  expect(sourceLine('package.json', 1)).toBeUndefined();
});
