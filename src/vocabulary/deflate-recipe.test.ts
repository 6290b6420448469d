import { inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { checkDeflate, type DeflateRecipe, makeDeflate } from './deflate-recipe.ts';
import { Names } from './names.ts';
import { makePayload } from './payload.ts';

const mistakes: [string, DeflateRecipe['deflate'], string][] = [
  ['a stored block that is too long', [{ stored: { text: '*', length: '64KiB' } }], '65535 octets'],
  ['a dynamic block that copies a little', [{ dynamic: ['Hello', { copy: 5, back: 5 }] }], '258 octets'],
  [
    'more than can be written',
    [{ fixed: ['0', { copy: 258, back: 1, times: 5_000_000 }], times: 2 }],
    'more than Touchstone writes',
  ],
];
test.each(mistakes)('%s is a mistake', (_what, deflate, text) => {
  expect(() => checkDeflate({ deflate })).toThrow(text);
});

test('a gigabyte takes a megabyte, and parts of all kinds are written', () => {
  const gigabyte: DeflateRecipe['deflate'] = [{ dynamic: ['0', { copy: 258, back: 1, times: 4_161_790 }] }];
  expect(() => checkDeflate({ deflate: gigabyte })).not.toThrow();
  const names = new Names(() => undefined);
  const payload = makeDeflate(
    {
      deflate: [{ stored: { text: 'ab', length: 5 } }, { fixed: ['c', { hex: '64' }, { copy: 3, back: 1 }] }],
    },
    (part) => makePayload(part, names),
  );
  expect(inflateRawSync(Buffer.concat([payload, Buffer.from('0000ffff010000ffff', 'hex')])).toString()).toBe(
    'ababacdddd',
  );
});
