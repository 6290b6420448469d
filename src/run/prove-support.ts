import { expect } from 'vitest';
import { loadSuites } from '../suite/load-suites.ts';
import { prove } from './prove.ts';

/** Proves the cases of these globs, and names what is not proven and the faults that nothing notices. */
export async function expectProof(only: readonly string[]): Promise<void> {
  const suites = await loadSuites();
  const signal = new AbortController().signal;
  const proof = await prove({ suites, selection: { only }, signal });
  expect(proof.unproven.map((one) => `${one.id}: ${one.reason ?? 'no fault fails it'}`)).toEqual([]);
  expect(proof.unnoticed.map((fault) => `${fault.name} (${fault.breaks.join(', ')})`)).toEqual([]);
}
