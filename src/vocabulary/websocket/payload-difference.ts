import type { Finding } from '../expectation.ts';

type Difference = NonNullable<Finding['differences']>[number];

/** So many octets are shown before and after the first one that differs. */
const around = 16;
/** A payload is shown whole up to so many octets. */
const shownWhole = 64;

/**
 * Where two payloads differ, for people: their lengths, and an excerpt of both around the first octet that is
 * not the same. Empty when they are equal.
 */
export function payloadDifferences(expected: Buffer, actual: Buffer): Difference[] {
  if (expected.equals(actual)) return [];
  const differences: Difference[] = [];
  if (expected.length !== actual.length)
    differences.push({ path: 'length', expected: octets(expected.length), actual: octets(actual.length) });
  const at = firstDifference(expected, actual);
  if (Math.max(expected.length, actual.length) <= shownWhole)
    differences.push({ path: 'payload', expected: showOctets(expected), actual: showOctets(actual) });
  else
    differences.push({
      path: `payload from octet ${Math.max(0, at - around)} (octet ${at} is the first that differs)`,
      expected: excerpt(expected, at),
      actual: excerpt(actual, at),
    });
  return differences;
}

/** A payload in a few words: all of a short one, the beginning and the length of a long one. */
export function showPayload(payload: Buffer): string {
  if (payload.length === 0) return 'no payload';
  if (payload.length <= shownWhole) return showOctets(payload);
  return `${showOctets(payload.subarray(0, 2 * around))}… (${octets(payload.length)})`;
}

export function octets(count: number): string {
  return count === 1 ? '1 octet' : `${count} octets`;
}

function firstDifference(left: Buffer, right: Buffer): number {
  const shorter = Math.min(left.length, right.length);
  let from = 0;
  // Blocks are compared natively first, so that a large payload costs no loop over its octets.
  for (const step of [65_536, 1_024, 1])
    while (from < shorter && sameBlock(left, right, from, Math.min(step, shorter - from)))
      from += Math.min(step, shorter - from);
  return from;
}

function sameBlock(left: Buffer, right: Buffer, from: number, length: number): boolean {
  return left.compare(right, from, from + length, from, from + length) === 0;
}

function excerpt(payload: Buffer, at: number): string {
  const from = Math.max(0, at - around);
  if (from >= payload.length) return 'no more octets';
  const part = showOctets(payload.subarray(from, at + around));
  return `${from > 0 ? '…' : ''}${part}${at + around < payload.length ? '…' : ''}`;
}

/** As text in quotes where it is printable text, else in hexadecimal. */
function showOctets(payload: Buffer): string {
  const text = payload.toString('utf8');
  const printable = !/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\ufffd]/u.test(text);
  if (printable) return JSON.stringify(text);
  return payload.toString('hex').replace(/../g, '$& ').trim();
}
