import { expect, it } from 'vitest';
import { loadSuites } from '../suite/load-suites.ts';
import { prove } from './prove.ts';

// What every case of every suite is held to, the program itself shows: src/cli/prove.test.ts. Here are some of each family.
it.each([
  ['rfc6121/roster/**'],
  ['xep-0199/**'],
  ['rfc7692/negotiation/**'],
])('proves every case of %s: it passes, and some fault fails it', { timeout: 300_000 }, async (only) => {
  const proof = await prove({
    suites: await loadSuites(),
    selection: { only: [only] },
    signal: new AbortController().signal,
  });
  expect(proof.unproven.map((one) => `${one.id}: ${one.reason ?? 'no fault fails it'}`)).toEqual([]);
  expect(proof.cases.length).toBeGreaterThan(5);
});
