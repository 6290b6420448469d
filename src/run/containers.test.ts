import { afterAll, describe, expect, it } from 'vitest';
import { failsRun } from '../record/summary.ts';
import { loadSuites } from '../suite/load-suites.ts';
import { runCleanups } from '../target/cleanups.ts';
import { containerEngine } from '../target/container-engine.ts';
import { loadTarget } from '../target/load-target.ts';
import { readKnownFailing } from './known-failing.ts';
import { run } from './run.ts';

const engine = await containerEngine().catch((error: Error) => error);
// Where everything is to be tested, a missing engine is a failure and not a reason to skip.
const skip = engine instanceof Error && !process.env.CI;

afterAll(runCleanups);

describe.skipIf(skip)('every suite on a real server', () => {
  it.each(['ws', 'python-websockets', 'prosody', 'ejabberd'])(
    '%s keeps its promises but for those that are known',
    { timeout: 600_000 },
    async (name) => {
      const target = loadTarget(name);
      const record = await run({
        target,
        suites: await loadSuites(),
        selection: {},
        knownFailing: readKnownFailing(target.file ?? ''),
        version: 'test',
        signal: new AbortController().signal,
        reporters: [],
      });
      const failing = record.cases.filter((one) => failsRun(one));
      expect(failing.map((one) => `${one.verdict} ${one.id}: ${one.failure?.message ?? one.reason}`)).toEqual(
        [],
      );
      expect(record.staleKnownFailing ?? []).toEqual([]);
      expect(record.summary.pass).toBeGreaterThan(100);
    },
  );
});
