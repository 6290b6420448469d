import { expect, it } from 'vitest';
import type { CaseResult, Verdict } from '../record/record.schema.ts';
import { exitCodeForSet, type RecordSet } from '../record/record-set.ts';
import { coloursFor } from './colours.ts';
import { junitXmlOfSet } from './junit.ts';
import { setReport } from './set-report.ts';
import { passed, sampleRecord } from './test-support.ts';

const colours = coloursFor({}, {});

/** So many rounds on one target, in each of which the cases end with the verdict that stands at its place. */
function rounds(cases: Record<string, Verdict[]>, more: Partial<CaseResult> = {}): RecordSet {
  const [first = []] = Object.values(cases);
  const records = first.map((_, index) => {
    const results = Object.entries(cases).map(
      ([id, verdicts]): CaseResult => ({ ...passed, ...more, id, verdict: verdicts[index] ?? 'pass' }),
    );
    return sampleRecord(results, { round: index + 1 });
  });
  return { format: 1, records, notPlayed: [] };
}

it('says that no case gave two answers', () => {
  const set = rounds({ 'a/b/steady': ['pass', 'pass', 'pass'], 'a/b/warned': ['warn', 'warn', 'warn'] });
  expect(setReport(set, { colours }).join('\n')).toMatchInlineSnapshot(`
    "
    flakes in 3 rounds: none

    Example: conformant"
  `);
  expect(exitCodeForSet(set)).toBe(0);
});

it('names each case that did, with its rounds, and fails the run even where every verdict alone would not', () => {
  const set = rounds({ 'a/b/steady': ['pass', 'pass', 'pass'], 'a/b/flickering': ['pass', 'warn', 'pass'] });
  expect(setReport(set, { colours }).join('\n')).toMatchInlineSnapshot(`
    "
    flakes in 3 rounds:
      example: a/b/flickering  warn in 1 (round 2), pass in 2

    Example: conformant"
  `);
  expect(exitCodeForSet(set)).toBe(1);
});

it('does not hold a race of the server that is listed as one against it', () => {
  const set = rounds(
    { 'a/b/race': ['pass', 'fail'] },
    { knownFailing: { reason: 'a race', intermittent: true } },
  );
  expect(setReport(set, { colours })).toContain('      known to fail at times: a race');
  expect(exitCodeForSet(set)).toBe(0);
});

it('keeps the rounds apart in JUnit', () => {
  const xml = junitXmlOfSet(rounds({ 'a/b/c': ['pass', 'pass'] }));
  expect([...xml.matchAll(/<testsuite name="([^"]*)"/g)].map(([, name]) => name)).toEqual([
    'example/round-1/rfc6121/message-routing',
    'example/round-2/rfc6121/message-routing',
  ]);
});
