import { expect, it } from 'vitest';
import { OctetCollector } from './octet-collector.ts';

it('parts are put together in order, whatever becomes of them afterwards', () => {
  const collector = new OctetCollector();
  const expected = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251));
  for (let at = 0, size = 0; at < expected.length; at += size, size = (size * 3 + 1) % 17) {
    const part = Buffer.from(expected.subarray(at, at + size));
    collector.add(part);
    part.fill(0);
    expect(collector.length).toBe(Math.min(at + size, expected.length));
  }
  expect(collector.view().equals(expected.subarray(0, collector.length))).toBe(true);
  const taken = collector.take();
  expect(collector.length).toBe(0);
  collector.add(Buffer.from('more'));
  expect(taken.equals(expected.subarray(0, taken.length))).toBe(true);
  expect(collector.take().toString()).toBe('more');
});

it('its space grows by doubling: few of many parts move what is there', () => {
  const collector = new OctetCollector();
  const spaces = new Set<ArrayBufferLike>();
  for (let count = 0; count < 100_000; count++) {
    collector.add(Buffer.from([1]));
    spaces.add(collector.view().buffer);
  }
  expect(spaces.size).toBeLessThan(20);
});
