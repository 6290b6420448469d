import { join } from 'node:path';
import { expect } from 'vitest';
import { loadSuites, ownSuites } from '../suite/load-suites.ts';
import { prove } from './prove.ts';
import { readUnproven } from './unproven.ts';

/** Proves the cases of these globs: whatever is not proven, or noticed by no case, is listed as such already. */
export async function expectProof(only: readonly string[]): Promise<void> {
  const listed = readUnproven(join(ownSuites, '..', 'fixtures', 'unproven.yaml'));
  const suites = await loadSuites();
  const signal = new AbortController().signal;
  const proof = await prove({ suites, selection: { only }, signal });
  const unproven = proof.unproven.filter((one) => !listed.cases.includes(one.id));
  expect(unproven.map((one) => `${one.id}: ${one.reason ?? 'no fault fails it'}`)).toEqual([]);
  const proven = proof.cases.filter((one) => !proof.unproven.includes(one)).map((one) => one.id);
  expect(listed.cases.filter((id) => proven.includes(id))).toEqual([]);
}
