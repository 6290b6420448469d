import { inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type DeflateBlock, encodeBlocks } from './deflate-blocks.ts';

/** What zlib makes of the payload, with the tail that a receiver puts behind it and a last block. */
function inflated(blocks: readonly DeflateBlock[]): Buffer {
  return inflateRawSync(
    Buffer.concat([encodeBlocks(blocks), Buffer.from([0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff])]),
  );
}

/** The same where each block is marked as the last: one inflater for each. */
function inflatedToEnds(blocks: readonly DeflateBlock[]): Buffer {
  let rest = encodeBlocks(blocks);
  const parts: Buffer[] = [];
  while (rest.length > 1) {
    const { buffer, engine } = inflateRawSync(rest, { info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    parts.push(buffer);
    rest = rest.subarray(engine.bytesWritten);
  }
  return Buffer.concat(parts);
}

const allOctets = Buffer.from(Array.from({ length: 256 }, (_, octet) => octet));

test.each([
  ['f248cdc9c90700', { type: 'fixed' as const }],
  ['000500faff48656c6c6f00', { type: 'stored' as const }],
  ['f348cdc9c9070000', { type: 'fixed' as const, final: true }],
])('writes the example of RFC 7692, %s', (hex, block) => {
  expect(encodeBlocks([{ ...block, content: [Buffer.from('Hello')] }]).toString('hex')).toBe(hex);
});

test.each(['stored', 'fixed', 'dynamic'] as const)('a %s block holds any octets', (type) => {
  expect(inflated([{ type, content: [allOctets, Buffer.from('and text')] }])).toEqual(
    Buffer.concat([allOctets, Buffer.from('and text')]),
  );
});

test.each([
  [3, 1],
  [4, 2],
  [10, 5],
  [11, 4],
  [12, 7],
  [66, 9],
  [257, 256],
  [258, 257],
])('a copy of %d octets from %d back', (copy, back) => {
  const before = Buffer.concat([allOctets, allOctets]);
  let expected = before;
  for (let n = 0; n < copy; n++)
    expected = Buffer.concat([expected, expected.subarray(-back, expected.length - back + 1)]);
  expect(inflated([{ type: 'fixed', content: [before, { copy, back }] }])).toEqual(expected);
});

test.each([1_024, 1_025, 4_096, 24_577, 32_767, 32_768])('a copy from %d octets back', (back) => {
  const before = Buffer.alloc(back, allOctets);
  expect(
    inflated([
      { type: 'stored', content: [before] },
      { type: 'fixed', content: [{ copy: 258, back }] },
    ]).subarray(back),
  ).toEqual(Buffer.concat([before, before, before]).subarray(0, Math.min(258, back)));
});

test('blocks repeat, end unaligned and become a thousand times as long', () => {
  const content = [Buffer.from('ab'), { copy: 258, back: 2, times: 3 }];
  const result = inflated([
    { type: 'dynamic', content, times: 50 },
    { type: 'fixed', content: [], times: 3 },
    { type: 'stored', content: [], times: 2 },
  ]);
  expect(result).toEqual(Buffer.alloc(50 * (2 + 3 * 258), 'ab'));
  const bomb = encodeBlocks([
    { type: 'dynamic', content: [Buffer.from('0'), { copy: 258, back: 1, times: 100_000 }] },
  ]);
  expect(25_800_000 / bomb.length).toBeGreaterThan(1_000);
});

test.each([15, 16, 17, 23, 24, 25, 1_000])('%d times the same is written as often', (times) => {
  const once = inflated([{ type: 'fixed', content: [Buffer.from('abcde')] }]);
  for (const type of ['stored', 'fixed', 'dynamic'] as const)
    for (const final of [false, true]) {
      const blocks = [{ type, content: [Buffer.from('abcde')], times, final }];
      const many = final ? inflatedToEnds(blocks) : inflated(blocks);
      expect(many).toEqual(Buffer.alloc(times * once.length, once));
    }
  const copies = inflated([{ type: 'fixed', content: [Buffer.from('abc'), { copy: 7, back: 3, times }] }]);
  expect(copies).toEqual(Buffer.alloc(3 + 7 * times, 'abc'));
});

test('says what DEFLATE cannot', () => {
  const copy = (length: number, back: number, type: DeflateBlock['type'] = 'fixed') =>
    encodeBlocks([{ type, content: [{ copy: length, back }] }]);
  expect(() => copy(2, 1)).toThrow('3 to 258');
  expect(() => copy(3, 32_769)).toThrow('1 to 32768');
  expect(() => copy(3, 1, 'stored')).toThrow('copies nothing');
  expect(() => copy(100, 1, 'dynamic')).toThrow('258 octets at a time');
  expect(() => copy(258, 3, 'dynamic')).toThrow('1 or 2 octets back');
  expect(() => encodeBlocks([{ type: 'stored', content: [Buffer.alloc(65_536)] }])).toThrow('65535');
});
