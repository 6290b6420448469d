import { expect, it } from 'vitest';
import { oneLine, printable } from './printable.ts';

it.each([
  ['\x1b[31mred', '\\x1b[31mred'],
  ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
  ['\x9b2J', '\\x9b2J'],
  ['a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
  ['zero\u200bwidth\u2028line', 'zero\\u{200b}width\\u{2028}line'],
  ['lone \ud800 surrogate', 'lone \\u{d800} surrogate'],
  ['over\rwritten\b', 'over\\rwritten\\x08'],
  ['no character \ufffe', 'no character \\u{fffe}'],
  ['::error file=a::x', '\\x3a:error file=a::x'],
  ['a\n  ::stop-commands::x', 'a\n  \\x3a:stop-commands::x'],
  ['a ##[add-mask]e', 'a \\x23#[add-mask]e'],
  ['::1 port 80, a::b::c', '::1 port 80, a::b::c'],
  ['line\n\ttab, é, 水, 🙂', 'line\n\ttab, é, 水, 🙂'],
])('%j shows as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

it('cuts a line to the columns there are', () => {
  expect(oneLine('one\n  two\tthree ', 40)).toBe('one two three');
  expect(oneLine('0123456789', 10)).toBe('0123456789');
  expect(oneLine('0123456789a', 10)).toBe('012345678…');
  expect(oneLine('水水水水', 5)).toBe('水水…');
});
