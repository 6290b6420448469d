import { expect, test } from 'vitest';
import { saslprep } from './saslprep.ts';

/** The examples of RFC 4013 section 3, and some more. */
test.each([
  ['I\u00ADX', 'IX'],
  ['user', 'user'],
  ['USER', 'USER'],
  ['\u00AA', 'a'],
  ['\u2168', 'IX'],
  ['a\u00A0b', 'a b'],
  ['a\u200Db', 'ab'],
  ['\u0627\u0031\u0628', '\u0627\u0031\u0628'],
  ['ﬁ', 'fi'],
  ['😀', '😀'],
])('%j becomes %j', (text, prepared) => {
  expect(saslprep(text)).toBe(prepared);
});

test.each([
  ['a control', '\u0007'],
  ['a NUL', 'a\0'],
  ['a private character', '\uE000'],
  ['a character that is none', '\uFFFE'],
  ['half a character', '\uD800'],
  ['a replacement character', '\uFFFD'],
  ['a change of direction', '\u202E'],
  ['text from right to left that ends with a digit', '\u0627\u0031'],
  ['letters of both directions', '\u0627a\u0627'],
])('%s is prohibited', (_name, text) => {
  expect(() => saslprep(text)).toThrow(/SASLprep/);
});
