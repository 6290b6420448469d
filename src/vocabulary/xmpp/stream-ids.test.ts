import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { foretold } from './stream-ids.ts';

const many = (make: (index: number) => string) => Array.from({ length: 20 }, (_, index) => make(index));
const letters = () => randomBytes(12).toString('hex').replace(/\d/g, 'x');

it.each<[what: string, ids: string[]]>([
  ['random octets in base64', many(() => randomBytes(16).toString('base64url'))],
  ['random octets in hexadecimal', many(() => randomBytes(8).toString('hex'))],
  ['UUIDs', many(() => randomUUID())],
  ['random numbers', many(() => String(BigInt(`0x${randomBytes(8).toString('hex')}`)))],
  ['a prefix and random octets', many(() => `stream-${randomBytes(6).toString('hex')}`)],
  ['a number that stays and random letters', many(() => `c2s1-${letters()}@node2`)],
])('finds no order in %s', (_, ids) => {
  expect(foretold(ids)).toBeUndefined();
});

it.each<[what: string, ids: string[]]>([
  ['a counter', many((index) => String(index + 95))],
  ['a counter behind a name', many((index) => `s${index + 1}.example`)],
  ['a counter in hexadecimal', many((index) => (0x9fe + 7 * index).toString(16))],
  ['a counter in base64', many((index) => Buffer.from([7, 7, 255 - index]).toString('base64'))],
  [
    'the time before something at random',
    many((index) => `${1_700_000_000 + index}-${randomBytes(4).toString('hex')}`),
  ],
  ['one id twice', [...many(() => randomUUID()), 'a', 'a']],
])('sees through %s', (_, ids) => {
  expect(foretold(ids)).toBeDefined();
});
