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

const suites = loadSuites();

async function play(name: string, selection: Selection): Promise<RunRecord> {
  const target = loadTarget(name);
  return run({
    target,
    suites: await suites,
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

async function expectPromisesKept(name: string, selection: Selection): Promise<void> {
  const record = await play(name, selection);
  expect(record.staleKnownFailing ?? []).toEqual([]);
  expect(record.summary.pass).toBeGreaterThan(50);
  const failing = record.cases.filter((one) => failsRun(one));
  if (failing.length === 0) return;
  // A server in a container on a busy machine is late at times. What fails is played once more, and told.
  console.warn(`${name}, played again:\n${shown(failing).join('\n')}`);
  const again = await play(name, { only: failing.map((one) => one.id) });
  expect(shown(again.cases.filter((one) => failsRun(one)))).toEqual([]);
}

// Two at a time: while one server thinks, the other is spoken to.
describe('every suite on a real server', { concurrent: true, skip }, () => {
  it.each(['prosody', 'ejabberd', 'ws', 'python-websockets'])(
    '%s keeps its promises but for those that are known',
    { timeout: 900_000 },
    (name) => expectPromisesKept(name, {}),
  );
});

// Where the versions differ most, at little cost: all suites on each of them take minutes.
const telling = ['rfc5802/**', 'rfc7395/**', 'xep-0199/**'];

describe('some suites on other servers and versions', { concurrent: true, skip }, () => {
  it.each(['prosody@0.12', 'ejabberd@23.01', 'jabberd2'])(
    '%s keeps its promises but for those that are known',
    { timeout: 600_000 },
    (name) => expectPromisesKept(name, { only: telling }),
  );
});
