import { describe, expect, test } from 'vitest';
import { FaultSwitch } from '../fault.ts';
import { preparedLocalpart, preparedResource, readAddress } from './address.ts';
import { preparedDomain } from './domainpart.ts';

/** The examples of RFC 7622 section 3.5. */
test.each([
  ['juliet@example.com', 'juliet@example.com'],
  ['juliet@example.com/foo bar', 'juliet@example.com/foo bar'],
  ['juliet@example.com/foo@bar', 'juliet@example.com/foo@bar'],
  ['foo\\20bar@example.com', 'foo\\20bar@example.com'],
  ['fußball@example.com', 'fußball@example.com'],
  ['Σ@example.com/foo', 'σ@example.com/foo'],
  ['ς@example.com/foo', 'ς@example.com/foo'],
  ['king@example.com/♚', 'king@example.com/♚'],
  ['example.com', 'example.com'],
  ['a.example.com/b@example.net', 'a.example.com/b@example.net'],
  ['"juliet"@example.com', undefined],
  ['foo bar@example.com', undefined],
  ['juliet@example.com/ foo', undefined],
  ['@example.com/', undefined],
  ['henry\u2163@example.com', undefined],
  ['♚@example.com', undefined],
  ['juliet@', undefined],
  ['/foobar', undefined],
])('%s is read as %s', (text, full) => {
  expect(readAddress(text)?.full).toBe(full);
});

describe('localparts', () => {
  test.each([
    ['capitals', 'JULIET', 'juliet'],
    ['sigma at the end of a word', 'ΑΣ', 'ασ'],
    ['fullwidth letters', '\uFF2A', 'j'],
    ['halfwidth katakana with a voiced mark', '\uFF76\uFF9E', '\u30AC'],
    ['a decomposed letter', 'u\u0308', 'ü'],
    ['a soft hyphen', 'a\u00ADb', undefined],
    ['conjoining jamo', '\u1100\u1161', undefined],
    ['a joiner behind a virama', '\u0915\u094D\u200D\u0937', '\u0915\u094D\u200D\u0937'],
    ['a joiner elsewhere', 'a\u200Db', undefined],
    ['a non-joiner between letters that join', '\u0645\u06CC\u200C\u062E', '\u0645\u06CC\u200C\u062E'],
    ['a non-joiner behind a letter that does not join on', '\u062F\u200C\u062E', undefined],
    ['a middle dot between l and l', 'l·l', 'l·l'],
    ['a middle dot elsewhere', 'a·b', undefined],
    ['Arabic with a digit behind', '\u06271', '\u06271'],
    ['Arabic with a letter behind', '\u0627b', undefined],
    ['Arabic with a digit in front', '1\u0627', undefined],
    ['both kinds of Arabic digits', '\u0627\u0660\u06F1', undefined],
    ['as much as there may be', 'é'.repeat(511), 'é'.repeat(511)],
    ['more than there may be', 'é'.repeat(512), undefined],
    ['what is short once it is composed', 'e\u0301'.repeat(511), 'é'.repeat(511)],
  ])('%s', (_, text, prepared) => {
    expect(preparedLocalpart(text)).toBe(prepared);
  });
});

describe('resources', () => {
  test.each([
    ['capitals', 'Balcony', 'Balcony'],
    ['spaces of all kinds', 'a\u00A0b\u3000c\u1680d', 'a b c d'],
    ['a decomposed capital', 'A\u0308', 'Ä'],
    ['compatible characters', '\u2163\uFF21', '\u2163\uFF21'],
    ['letters of both directions', '\u0627b', '\u0627b'],
    ['a control', 'a\u0085b', undefined],
    ['an unassigned code point', 'a\u0378b', undefined],
    ['a private character', '\uE000', undefined],
    ['nothing', '', undefined],
  ])('%s', (_, text, prepared) => {
    expect(preparedResource(text)).toBe(prepared);
  });
});

describe('domains', () => {
  test.each([
    ['capitals and a dot', 'Example.COM.', 'example.com'],
    ['two dots', 'example.com..', undefined],
    ['fullwidth letters and full stops', '\uFF45xample\uFF0Ecom', 'example.com'],
    ['an ideographic full stop', 'example\u3002com', 'example.com'],
    ['a U-label', 'BU\u0308CHER.example', 'bücher.example'],
    ['an A-label', 'xn--bcher-kva.example', 'bücher.example'],
    ['an A-label of nothing', 'xn--zz--.example', undefined],
    ['labels of both directions', '\u0627\u0628.example', '\u0627\u0628.example'],
    ['a label of both directions', '\u0627b.example', undefined],
    ['a symbol', '♚.example', undefined],
    ['sharp s', 'faß.example', 'faß.example'],
    ['reserved hyphens', 'ab--cd.example', undefined],
    ['an IPv4 address', '192.0.2.1', '192.0.2.1'],
    ['an IPv6 address', '[2001:DB8::1]', '[2001:db8::1]'],
    ['an IPv6 address with a zone', '[fe80::1%25en1]', '[fe80::1%25en1]'],
    ['an IPv6 address without brackets', '2001:db8::1', undefined],
    ['the longest label', `${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
    ['a longer label', `${'a'.repeat(64)}.example`, undefined],
    ['a label that is longer in the DNS', `${'ü'.repeat(60)}.example`, undefined],
  ])('%s', (_, text, prepared) => {
    expect(preparedDomain(text)).toBe(prepared);
  });
});

test('a fault acts on what is read with it alone', () => {
  const faults = new FaultSwitch(['localpart-case-is-kept']);
  expect(readAddress('JULIET@example.com', faults)?.local).toBe('juliet');
  faults.arm();
  expect(readAddress('JULIET@example.com', faults)?.local).toBe('JULIET');
  expect(readAddress('JULIET@example.com')?.local).toBe('juliet');
});
