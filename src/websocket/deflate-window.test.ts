import { createHash } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { referenceBeyond } from './deflate-window.ts';

/** Octets that look random and are always the same. */
function noise(length: number, seed: string): Buffer {
  const parts = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(`${seed} ${index}`).digest(),
  );
  return Buffer.concat(parts).subarray(0, length);
}

/** The reference found, and how often there was a break on the way. */
function look(octets: Buffer, window: number): { beyond: number | undefined; breaks: number } {
  const looking = referenceBeyond(octets, window);
  for (let breaks = 0; ; breaks++) {
    const { done, value } = looking.next();
    if (done) return { beyond: value, breaks };
  }
}

/** Text, noise and runs of one octet, mixed by a seed. */
function mixture(seed: number): Buffer {
  const parts = Array.from({ length: 60 }, (_, index) => {
    const [kind = 0, size = 0] = noise(2, `kind ${seed} ${index}`);
    if (kind % 3 === 0) return noise(size * 3, `part ${seed} ${index % 7}`);
    if (kind % 3 === 1) return Buffer.alloc(size * 40, kind);
    return Buffer.from(`line ${size} of ${seed}, and what belongs to it\n`.repeat(1 + (size % 20)));
  });
  return Buffer.concat(parts);
}

describe('a reference beyond a window', () => {
  it.each([
    ['with codes of their own', {}],
    ['with the fixed codes', { strategy: constants.Z_FIXED }],
    ['with literals only', { strategy: constants.Z_HUFFMAN_ONLY }],
    ['with runs only', { strategy: constants.Z_RLE }],
    ['as they are', { level: 0 }],
  ])('is not found in blocks %s that keep to it', (_how, options) => {
    for (let seed = 0; seed < 10; seed++)
      for (const bits of [9, 10, 12, 15]) {
        const octets = deflateRawSync(mixture(seed), { ...options, windowBits: bits });
        expect(look(octets, 2 ** bits).beyond).toBeUndefined();
      }
  });

  it.each([
    250, 256, 257, 300, 512, 513, 1_000, 4_096, 24_000, 32_000,
  ])('is found %d octets back', (distance) => {
    const unique = noise(distance, 'unique');
    const octets = deflateRawSync(Buffer.concat([unique, unique.subarray(0, 100)]), { memLevel: 9 });
    expect(look(octets, distance - 1).beyond).toBe(distance);
    expect(look(octets, distance).beyond).toBeUndefined();
  });

  it('is looked for with breaks, however little or much a block holds', () => {
    const large = deflateRawSync(noise(1_000_000, 'large'), { strategy: constants.Z_HUFFMAN_ONLY });
    expect(look(large, 512).breaks).toBeGreaterThan(50);
    const emptyBlocks = Buffer.concat([
      Buffer.alloc(200_000, Buffer.from('000000ffff', 'hex')),
      Buffer.from('0300', 'hex'),
    ]);
    expect(look(emptyBlocks, 512).breaks).toBeGreaterThan(10);
  });
});
