import { expect, it } from 'vitest';
import { TlsRecords } from './records.ts';

const data = [23, 3, 3, 0, 3, 21, 21, 21];
const closeNotify = [21, 3, 3, 0, 2, 1, 0];

it.each([1, 3, 100])('follows records that come %i octets at a time', (size) => {
  const read = (...records: number[][]) => {
    const octets = Buffer.from(records.flat());
    const seen = new TlsRecords();
    for (let at = 0; at < octets.length; at += size) seen.pass(octets.subarray(at, at + size));
    return seen.endedWithAlert;
  };
  expect(read()).toBe(false);
  expect(read(data)).toBe(false);
  expect(read(data, closeNotify)).toBe(true);
  expect(read(closeNotify, data)).toBe(false);
});

it.each([1, 3, 100])('sees what stands between records that come %i octets at a time', (size) => {
  const stray = (...octets: number[][]) => {
    const all = Buffer.from(octets.flat());
    const seen = new TlsRecords();
    for (let at = 0; at < all.length; at += size) seen.pass(all.subarray(at, at + size));
    return seen.stray?.toString('latin1');
  };
  const text = [...Buffer.from('</stream>')];
  expect(stray()).toBeUndefined();
  expect(stray(closeNotify, data)).toBeUndefined();
  expect(stray(text)).toBe('</stream>'.slice(0, size));
  expect(stray(closeNotify, text)).toMatch(/^</);
});
