import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeClose, encodeClose, mayBeSent } from './close-code.ts';
import { encodeFrame, type Frame, maskInPlace, opcode } from './frame.ts';
import { FrameError, FrameParser } from './frame-parser.ts';
import type { Violation } from './violation.ts';

const hex = (octets: string) => Buffer.from(octets.replaceAll(' ', ''), 'hex');

/** Frames and violations in what comes in chunks of so many octets. */
function parsed(octets: Buffer, step = octets.length, largest?: number) {
  const frames: Frame[] = [];
  const violations: Violation[] = [];
  const parser = new FrameParser(
    {
      onFrame: (frame, found) => {
        frames.push(frame);
        violations.push(...found);
      },
    },
    largest,
  );
  for (let at = 0; at < octets.length; at += step) parser.write(octets.subarray(at, at + step));
  return { frames, violations, inside: parser.inside };
}

/** RFC 6455 section 5.7. */
describe('the examples', () => {
  const hello = Buffer.from('Hello');
  it.each([
    ['unmasked text', { opcode: opcode.text, mask: false, payload: hello }, '81 05 48 65 6c 6c 6f'],
    [
      'masked text',
      { opcode: opcode.text, mask: hex('37 fa 21 3d'), payload: hello },
      '81 85 37 fa 21 3d 7f 9f 4d 51 58',
    ],
    [
      'a first fragment',
      { opcode: opcode.text, fin: false, mask: false, payload: Buffer.from('Hel') },
      '01 03 48 65 6c',
    ],
    [
      'a last fragment',
      { opcode: opcode.continuation, mask: false, payload: Buffer.from('lo') },
      '80 02 6c 6f',
    ],
    ['a ping', { opcode: opcode.ping, mask: false, payload: hello }, '89 05 48 65 6c 6c 6f'],
    [
      'a pong',
      { opcode: opcode.pong, mask: hex('37 fa 21 3d'), payload: hello },
      '8a 85 37 fa 21 3d 7f 9f 4d 51 58',
    ],
  ])('%s is written and read', (_what, spec, octets) => {
    expect(encodeFrame(spec)).toEqual(hex(octets));
    const { mask, ...rest } = spec;
    expect(parsed(hex(octets)).frames).toEqual([
      {
        fin: true,
        rsv1: false,
        rsv2: false,
        rsv3: false,
        masked: mask !== false,
        ...(mask === false ? {} : { maskKey: mask }),
        ...rest,
      },
    ]);
  });

  it.each([
    [256, '82 7e 01 00'],
    [65_536, '82 7f 00 00 00 00 00 01 00 00'],
  ])('%d octets have the length that they have', (size, head) => {
    const payload = randomBytes(size);
    const octets = encodeFrame({ opcode: opcode.binary, mask: false, payload });
    expect(octets.equals(Buffer.concat([hex(head), payload]))).toBe(true);
  });
});

describe('a frame that is written', () => {
  it('may have any bits and opcode', () => {
    for (let code = 0; code < 16; code++) {
      const bits = { fin: code % 2 === 0, rsv1: code % 3 === 0, rsv2: code % 5 === 0, rsv3: code % 7 === 0 };
      const [frame] = parsed(encodeFrame({ ...bits, opcode: code, payload: Buffer.from('x') })).frames;
      expect(frame).toMatchObject({ ...bits, opcode: code, masked: true, payload: Buffer.from('x') });
    }
  });

  it.each([
    ['in 16 bits', { as: '16-bit' }, '81 7e 00 01 78'],
    ['in 64 bits', { as: '64-bit' }, '81 7f 00 00 00 00 00 00 00 01 78'],
    ['of more than there is', { of: 5 }, '81 05 78'],
    ['of nothing', { of: 0 }, '81 00 78'],
    ['with its top bit set', { as: '64-bit', of: 2n ** 63n + 1n }, '81 7f 80 00 00 00 00 00 00 01 78'],
    ['that stands for another form', { as: '7-bit', of: 127 }, '81 7f 78'],
  ] as const)('may announce a length %s', (_what, length, octets) => {
    const frame = { opcode: opcode.text, mask: false, length, payload: Buffer.from('x') };
    expect(encodeFrame(frame)).toEqual(hex(octets));
  });

  it.each([
    ['128 in 7 bits', { length: { as: '7-bit', of: 128 } }],
    ['65536 in 16 bits', { length: { as: '16-bit', of: 65_536 } }],
    ['2^64', { length: { of: 2n ** 64n } }],
    ['less than nothing', { length: { of: -1 } }],
    ['a key of three octets', { mask: Buffer.alloc(3) }],
  ] as const)('cannot have %s', (_what, wrong) => {
    expect(() => encodeFrame({ opcode: opcode.text, payload: Buffer.alloc(0), ...wrong })).toThrow(
      RangeError,
    );
  });
});

describe('frames that are read', () => {
  const payloads = [0, 1, 125, 126, 127, 65_535, 65_536, 100_003].map((size) => randomBytes(size));
  const octets = Buffer.concat(
    payloads.flatMap((payload) => [
      encodeFrame({ opcode: opcode.binary, payload }),
      encodeFrame({ opcode: opcode.binary, payload, mask: false }),
    ]),
  );

  it.each([1, 2, 3, 7, 1_000, 65_536, octets.length])('may come in chunks of %d octets', (step) => {
    const { frames, violations, inside } = parsed(octets, step);
    expect(frames.length).toBe(payloads.length * 2);
    expect(frames.every((frame, index) => frame.payload.equals(payloads[index >> 1] ?? Buffer.of(0)))).toBe(
      true,
    );
    expect(violations).toEqual([]);
    expect(inside).toBe(false);
  });

  it('show their parts as they come, unmasked', () => {
    const payload = randomBytes(10_007);
    const parts: Buffer[] = [];
    const parser = new FrameParser({
      onPart: (_head, part) => parts.push(Buffer.from(part)),
      onFrame: () => undefined,
    });
    const frame = encodeFrame({ opcode: opcode.binary, payload });
    for (let at = 0; at < frame.length; at += 13) parser.write(frame.subarray(at, at + 13));
    expect(Buffer.concat(parts).equals(payload)).toBe(true);
    expect(parts.length).toBeGreaterThan(700);
  });

  it('stay as they are when the chunk that they came in is used again', () => {
    const chunk = encodeFrame({ opcode: opcode.text, mask: false, payload: Buffer.from('Hello') });
    const { frames } = parsed(chunk);
    chunk.fill(0);
    expect(frames[0]?.payload.toString()).toBe('Hello');
  });

  it.each([
    ['5 in 16 bits', '81 7e 00 05 48 65 6c 6c 6f', 'a length of 5 in the 16-bit form'],
    ['5 in 64 bits', '81 7f 00 00 00 00 00 00 00 05 48 65 6c 6c 6f', 'a length of 5 in the 64-bit form'],
  ])('with a length of %s are read, and the violation told', (_what, text, violation) => {
    const { frames, violations } = parsed(hex(text), 1);
    expect(frames[0]?.payload.toString()).toBe('Hello');
    expect(violations).toEqual([{ section: '5.2', text: violation }]);
  });

  it('above the limit are refused by their head, and nothing after them is read', () => {
    const frame = encodeFrame({ opcode: opcode.text, mask: false, payload: Buffer.alloc(1_001) });
    expect(() => parsed(frame.subarray(0, 4), 1, 1_000)).toThrow(FrameError);
    expect(parsed(frame, 1, 1_001).frames.length).toBe(1);
    const topBit = hex('81 7f 80 00 00 00 00 00 00 00');
    expect(() => parsed(topBit)).toThrow(expect.objectContaining({ section: '5.2', tooLarge: false }));
    expect(() => parsed(hex('81 7f 7f ff ff ff ff ff ff ff'))).toThrow(
      expect.objectContaining({ tooLarge: true }),
    );
  });

  it('begin nothing after a handler has stopped', () => {
    const seen: number[] = [];
    const parser: FrameParser = new FrameParser({
      onHead: (head) => {
        seen.push(head.opcode);
        parser.stop();
      },
      onFrame: () => seen.push(-1),
    });
    parser.write(hex('81 00 82 00'));
    parser.write(hex('82 00'));
    expect(seen).toEqual([opcode.text]);
  });
});

it('takes a mask away, in whatever parts it is done', () => {
  for (let size = 0; size < 20; size++) {
    const [payload, key] = [randomBytes(size), randomBytes(4)];
    const octets = encodeFrame({ opcode: opcode.binary, mask: key, payload }).subarray(-size || undefined);
    const cut = size >> 1;
    maskInPlace(octets.subarray(0, cut), key);
    maskInPlace(octets.subarray(cut), key, cut);
    if (size > 0) expect(octets).toEqual(payload);
  }
});

/** RFC 6455 section 7.4. */
describe('close codes', () => {
  it('that may be sent are those', () => {
    const codes = Array.from({ length: 65_536 }, (_, code) => code).filter(mayBeSent);
    expect(codes.filter((code) => code < 1_020)).toEqual([
      1000, 1001, 1002, 1003, 1004, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1016, 1017, 1018, 1019,
    ]);
    expect([codes.at(-1), codes.length]).toEqual([4999, 3997]);
  });

  it.each([
    [{ code: 1000, reason: '' }, '03 e8'],
    [{ code: 3000, reason: 'é' }, '0b b8 c3 a9'],
    [{ reason: '' }, ''],
  ])('of %j are written and read', (body, octets) => {
    expect(encodeClose(body)).toEqual(hex(octets));
    expect(decodeClose(hex(octets))).toEqual(body);
  });
});
