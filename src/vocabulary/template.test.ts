import { describe, expect, it } from 'vitest';
import { Names } from './names.ts';
import { parseTemplate, TemplateError } from './template.ts';

const kinds = (text: string) => parseTemplate(text).map((segment) => segment.kind);
const names = () =>
  new Names((actor, fact) => (actor === 'romeo' && fact === 'bare' ? 'romeo@house' : undefined));

describe('templates', () => {
  it('tell every kind of placeholder from literal text', () => {
    expect(kinds('a{romeo.bare}b{#m}{name=*}{*}{/x|y/}{name=/\\d+/}{a|b}{name}')).toEqual([
      'literal',
      'fact',
      'literal',
      'id',
      'capture',
      'any',
      'expression',
      'capture',
      'words',
      'name',
    ]);
  });

  it('write braces by doubling them', () => {
    expect(names().fill('{{"a":1}}')).toBe('{"a":1}');
  });

  it.each(['{', 'a{b', '}', '{a b}', '{}', '{/[/}', '{/(x)/}'])('refuse %s', (text) => {
    expect(() => parseTemplate(text)).toThrow(TemplateError);
  });

  it('keep braces inside a regular expression', () => {
    expect(kinds('{/[0-9]{2}/}')).toEqual(['expression']);
  });
});

describe('names', () => {
  it('fill facts and ids, each id the same throughout', () => {
    const known = names();
    expect(known.fill('{romeo.bare}')).toBe('romeo@house');
    expect(known.fill('{#m}')).toBe(known.fill('{#m}'));
    expect(known.fill('{#m}')).not.toBe(names().fill('{#m}'));
  });

  it.each([
    ['{*}', 'anything at all\nof two lines', true],
    ['{a|b}', 'b', true],
    ['{a|b}', 'ab', false],
    ['{romeo.bare}/{*}', 'romeo@house/balcony', true],
    ['{romeo.bare}', 'romeoxhouse', false],
    ['{/[0-9]{2}/}', '42', true],
    ['{/[0-9]{2}/}', '421', false],
    ['a.c', 'abc', false],
  ])('%s against %s: %s', (pattern, actual, answer) => {
    expect(names().matches(pattern, actual, new Map())).toBe(answer);
  });

  it.each([
    ['{-}', undefined, true],
    ['{-}', '', false],
    ['{-|none}', undefined, true],
    ['{-|none}', 'none', true],
    ['{-|none}', 'both', false],
    ['{*}', undefined, false],
  ])('%s against %s: %s (absence)', (pattern, actual, answer) => {
    expect(names().matches(pattern, actual, new Map())).toBe(answer);
  });

  it('capture, and compare with what was captured in the same pattern', () => {
    const captured = new Map<string, string>();
    expect(names().matches('{id=*}-{n=/\\d+/}', 'x-y-12', captured)).toBe(true);
    expect(Object.fromEntries(captured)).toEqual({ id: 'x-y', n: '12' });
    expect(names().matches('{id}', 'x-y', captured)).toBe(true);
  });
});
