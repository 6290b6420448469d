import { isUtf8 } from 'node:buffer';
import { expect, it } from 'vitest';
import { Utf8Validator } from './utf8.ts';

/** Where the validator notices: the index of the first octet that it refuses, -1 when it takes the whole. */
function refusedAt(octets: Buffer): number {
  const validator = new Utf8Validator();
  for (const [index, octet] of octets.entries()) if (!validator.write(Buffer.from([octet]))) return index;
  return validator.complete ? -1 : octets.length;
}

it.each([
  ['plain text', '48656c6c6f', -1],
  ['the last code point', 'f48fbfbf', -1],
  ['two octets for one', 'c080', 0],
  ['an overlong form of three', 'e0809f', 1],
  ['an overlong form of four', 'f08080af', 1],
  ['a surrogate', 'eda080', 1],
  ['a code point above U+10FFFF', 'f4908080', 1],
  ['an octet that begins nothing', '41ff', 1],
  ['a lone continuation', '80', 0],
  ['a cut character', 'e282', 2],
  ['a character broken by another', 'e24141', 1],
])('judges %s', (_name, hex, at) => {
  const octets = Buffer.from(hex, 'hex');
  expect(refusedAt(octets)).toBe(at);
  const whole = new Utf8Validator();
  expect(whole.write(octets) && whole.complete).toBe(at === -1);
  expect(whole.good).toBe(at === -1 ? octets.length : at);
});

it('says where a long text goes wrong', () => {
  const text = Buffer.from('κόσμε'.repeat(50_000));
  const validator = new Utf8Validator();
  expect(validator.write(Buffer.concat([text, Buffer.from([0xff]), text]))).toBe(false);
  expect(validator.good).toBe(text.length);
});

it('agrees with Node.js on random octets, however they are cut', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return seed % below;
  };
  const pieces = ['41', 'c3a9', 'e282ac', 'f09f9880', 'ff', 'c0', 'eda080', 'f4908080', 'e2', '80'];
  for (let round = 0; round < 2_000; round++) {
    const octets = Buffer.from(
      Array.from({ length: 1 + random(6) }, () => pieces[random(pieces.length)]).join(''),
      'hex',
    );
    const cut = random(octets.length + 1);
    const validator = new Utf8Validator();
    const valid =
      validator.write(octets.subarray(0, cut)) && validator.write(octets.subarray(cut)) && validator.complete;
    expect(valid, octets.toString('hex')).toBe(isUtf8(octets));
  }
});
