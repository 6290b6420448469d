import { afterAll, describe, expect, it } from 'vitest';
import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import { failsRun } from '../record/summary.ts';
import { loadSuites } from '../suite/load-suites.ts';
import type { Selection } from '../suite/select.ts';
import { runCleanups } from '../target/cleanups.ts';
import { containerEngine } from '../target/container-engine.ts';
import { loadTarget } from '../target/load-target.ts';
import { readKnownFailing } from './known-failing.ts';
import { run } from './run.ts';

const engine = await containerEngine().catch((error: Error) => error);
// Where everything is to be tested, a missing engine is a failure and not a reason to skip.
const skip = engine instanceof Error && !process.env.CI;

afterAll(runCleanups);

async function play(name: string, selection: Selection): Promise<RunRecord> {
  const target = loadTarget(name);
  return run({
    target,
    suites: await loadSuites(),
    selection,
    knownFailing: readKnownFailing(target),
    version: 'test',
    signal: new AbortController().signal,
    reporters: [],
  });
}

function shown(cases: readonly CaseResult[]): string[] {
  return cases.map(
    (one) => `${one.verdict} ${one.id}: ${one.failure?.message ?? one.reason ?? 'listed as failing'}`,
  );
}

describe.skipIf(skip)('every suite on a real server', () => {
  it.each([
    'ws',
    'python-websockets',
    'prosody',
    'ejabberd',
  ])('%s keeps its promises but for those that are known', { timeout: 900_000 }, async (name) => {
    const record = await play(name, {});
    expect(record.staleKnownFailing ?? []).toEqual([]);
    expect(record.summary.pass).toBeGreaterThan(100);
    const failing = record.cases.filter((one) => failsRun(one));
    if (failing.length === 0) return;
    // A server in a container on a busy machine is late at times. What fails is played once more, and told.
    console.warn(`${name}, played again:\n${shown(failing).join('\n')}`);
    const again = await play(name, { only: failing.map((one) => one.id) });
    expect(shown(again.cases.filter((one) => failsRun(one)))).toEqual([]);
  });
});
