import { describe, expect, it } from 'vitest';
import { payloadDifferences, showPayload } from './payload-difference.ts';

describe('payloadDifferences', () => {
  it('finds nothing between equal payloads', () => {
    expect(payloadDifferences(Buffer.alloc(100_000, 'ab'), Buffer.alloc(100_000, 'ab'))).toEqual([]);
  });

  it('shows short payloads whole, as text where they are text', () => {
    expect(payloadDifferences(Buffer.from('Hello'), Buffer.from('Hallo!'))).toEqual([
      { path: 'length', expected: '5 octets', actual: '6 octets' },
      { path: 'payload', expected: '"Hello"', actual: '"Hallo!"' },
    ]);
    expect(payloadDifferences(Buffer.from([0xff, 1]), Buffer.from([0xff]))[1]).toEqual({
      path: 'payload',
      expected: 'ff 01',
      actual: 'ff',
    });
  });

  it('shows where long payloads first differ', () => {
    const expected = Buffer.alloc(200_000, '*');
    const actual = Buffer.from(expected);
    actual[150_001] = 0x2b;
    expect(payloadDifferences(expected, actual)).toEqual([
      {
        path: 'payload from octet 149985 (octet 150001 is the first that differs)',
        expected: `…"${'*'.repeat(32)}"…`,
        actual: `…"${'*'.repeat(16)}+${'*'.repeat(15)}"…`,
      },
    ]);
  });

  it('says where a truncated payload ends', () => {
    const expected = Buffer.alloc(1_000, 'x');
    const [length, payload] = payloadDifferences(expected, expected.subarray(0, 900));
    expect(length).toEqual({ path: 'length', expected: '1000 octets', actual: '900 octets' });
    expect(payload?.actual).toBe(`…"${'x'.repeat(16)}"`);
  });
});

describe('showPayload', () => {
  it('never lets control sequences through', () => {
    expect(showPayload(Buffer.from('\u001b[2J'))).toBe('1b 5b 32 4a');
  });

  it('shows the beginning and the length of a long payload', () => {
    expect(showPayload(Buffer.alloc(70_000, 'ab'))).toBe(`"${'ab'.repeat(16)}"… (70000 octets)`);
  });
});
