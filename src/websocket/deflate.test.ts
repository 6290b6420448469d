import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Deflater, Inflater } from './deflate.ts';

const largest = 1_048_576;
const hex = (octets: string) => Buffer.from(octets.replaceAll(' ', ''), 'hex');
const text = (octets: Buffer) => octets.toString();

/** The examples of RFC 7692 section 7.2.3. */
describe('the examples', () => {
  it.each([
    ['one block', 'f2 48 cd c9 c9 07 00'],
    ['no compression', '00 05 00 fa ff 48 65 6c 6c 6f 00'],
    ['a last block', 'f3 48 cd c9 c9 07 00 00'],
    ['two blocks', 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00'],
  ])('with %s are read', async (_what, octets) => {
    expect(text(await new Inflater(15, true, largest).inflate(hex(octets)))).toBe('Hello');
  });

  it('with context takeover are read and written', async () => {
    const inflater = new Inflater(15, true, largest);
    expect(text(await inflater.inflate(hex('f2 48 cd c9 c9 07 00')))).toBe('Hello');
    expect(text(await inflater.inflate(hex('f2 00 11 00 00')))).toBe('Hello');
    const deflater = new Deflater(15, true);
    expect(await deflater.deflate(Buffer.from('Hello'))).toEqual(hex('f2 48 cd c9 c9 07 00'));
    expect((await deflater.deflate(Buffer.from('Hello'))).length).toBeLessThan(7);
  });

  it('with nothing in them are one octet', async () => {
    const deflater = new Deflater(15, true);
    for (let n = 0; n < 3; n++) {
      const octets = await deflater.deflate(Buffer.alloc(0));
      expect(text(await new Inflater(15, true, largest).inflate(octets))).toBe('');
    }
    expect(text(await new Inflater(15, true, largest).inflate(hex('00')))).toBe('');
  });
});

describe('what is deflated', () => {
  it.each([
    [true, 15],
    [false, 15],
    [true, 9],
    [false, 9],
    [true, 8],
  ])('is inflated again, takeover %s, window of %d bits', async (takeover, bits) => {
    const [deflater, inflater] = [new Deflater(bits, takeover), new Inflater(bits, takeover, largest)];
    const random = randomBytes(3_000);
    for (const message of [random, Buffer.alloc(200_000, random), Buffer.alloc(0), random, Buffer.from('x')])
      expect((await inflater.inflate(await deflater.deflate(message))).equals(message)).toBe(true);
  });

  it('needs no context where none is kept', async () => {
    const deflater = new Deflater(15, false);
    const first = await deflater.deflate(Buffer.from('Hello'));
    expect(await deflater.deflate(Buffer.from('Hello'))).toEqual(first);
  });

  it('cannot be read without the context that it needs', async () => {
    const inflater = new Inflater(15, false, largest);
    await inflater.inflate(hex('f2 48 cd c9 c9 07 00'));
    await expect(inflater.inflate(hex('f2 00 11 00 00'))).rejects.toThrow('too far back');
  });

  it.each([
    8, 9, 10, 11, 12, 13, 14,
  ])('with more than the agreed window of %d bits is refused', async (bits) => {
    for (const padding of [0, 37, 500]) {
      const random = randomBytes(2 ** bits + Math.max(64, 2 ** bits / 16));
      const message = Buffer.concat([randomBytes(padding), random, random.subarray(0, 64)]);
      const octets = await new Deflater(15, true).deflate(message);
      await expect(new Inflater(bits, true, largest).inflate(octets)).rejects.toThrow('too far back');
    }
  });

  it('for a window of 8 bits fits one, within a message and across messages', async () => {
    const [deflater, inflater] = [new Deflater(8, true), new Inflater(8, true, largest)];
    for (let round = 0; round < 100; round++) {
      const random = randomBytes(200 + round);
      const message = Buffer.concat([random, random.subarray(0, 2 * round), random]);
      expect((await inflater.inflate(await deflater.deflate(message))).equals(message)).toBe(true);
    }
  });
});

describe('what is inflated', () => {
  it('keeps its context across last blocks', async () => {
    const inflater = new Inflater(15, true, largest);
    await inflater.inflate(hex('f3 48 cd c9 c9 07 00 00'));
    expect(text(await inflater.inflate(hex('f2 00 11 00 00')))).toBe('Hello');
  });

  it.each([
    ['stops inside a block', 'f2 48 cd'],
    ['ends with the tail that is left out', 'f2 48 cd c9 c9 07 00 00 00 ff ff'],
    ['has a block of no type', '06'],
    ['is not there', ''],
  ])('and %s is refused, and the next one is read', async (_what, octets) => {
    const inflater = new Inflater(15, false, largest);
    await expect(inflater.inflate(hex(octets))).rejects.toMatchObject({
      name: 'InflateError',
      tooLarge: false,
    });
    expect(text(await inflater.inflate(hex('f2 48 cd c9 c9 07 00')))).toBe('Hello');
  });

  it('is refused above the limit, and read at it', async () => {
    const bomb = deflateRawSync(Buffer.alloc(64 * 1_048_576), { finishFlush: 2 }).subarray(0, -4);
    await expect(new Inflater(15, true, largest).inflate(bomb)).rejects.toMatchObject({ tooLarge: true });
    const deflater = new Deflater(15, false);
    const inflater = new Inflater(15, true, largest);
    expect((await inflater.inflate(await deflater.deflate(Buffer.alloc(largest)))).length).toBe(largest);
    const above = await deflater.deflate(Buffer.alloc(largest + 1));
    await expect(inflater.inflate(above)).rejects.toMatchObject({ tooLarge: true });
  });

  it('is refused with last blocks without end', async () => {
    const blocks = Buffer.alloc(100_000, hex('03 00'));
    await expect(new Inflater(15, true, largest).inflate(blocks)).rejects.toMatchObject({ tooLarge: true });
  });

  it('is given up when the inflater is closed', async () => {
    const inflater = new Inflater(15, true, 256 * 1_048_576);
    const octets = deflateRawSync(Buffer.alloc(64 * 1_048_576), { finishFlush: 2 }).subarray(0, -4);
    const inflating = inflater.inflate(octets);
    inflater.close();
    await expect(inflating).rejects.toThrow('given up');
  });

  it('is given up when the inflater is closed while its references are looked at', async () => {
    const inflater = new Inflater(9, true, largest);
    const octets = deflateRawSync(randomBytes(1_048_576), { strategy: 2, windowBits: 9, finishFlush: 2 });
    const inflating = inflater.inflate(octets.subarray(0, -4));
    await setImmediate();
    inflater.close();
    await expect(inflating).rejects.toThrow('given up');
  });

  it('settles when the deflater is closed', async () => {
    const deflater = new Deflater(15, true);
    const deflating = deflater.deflate(randomBytes(8 * 1_048_576));
    deflater.close();
    await deflating;
  });
});
