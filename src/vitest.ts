import { afterAll, describe, it, type TestContext } from 'vitest';
import type { CaseResult } from './record/record.schema.ts';
import { failsRun, isKnownFailure, type Strictness } from './record/summary.ts';
import { coloursFor } from './report/colours.ts';
import { failureText } from './report/failure-text.ts';
import { sourceLine } from './report/source-line.ts';
import { Deferred } from './run/deferred.ts';
import { type Running, type RunRequest, run } from './run/running.ts';

export interface ConformanceRequest extends Omit<RunRequest, 'signal'>, Strictness {}

/**
 * Registers every chosen case as a test of Vitest with its own name, in a `describe` for each suite. The target is
 * started and asked what it offers before, so the call is awaited at the top of a test file; what it rejects with is
 * why the target could not be played on. The cases are played side by side, however Vitest orders its tests.
 *
 *     await conformance({ target: defineTarget({ ... }), only: ['rfc6455/**'] });
 *
 * A case that the target does not support, or that is known to fail, is skipped with the reason.
 */
export async function conformance(request: ConformanceRequest): Promise<void> {
  const { strict, failOn, ...asked } = request;
  const strictness = { ...(strict === undefined ? {} : { strict }), ...(failOn ? { failOn } : {}) };
  const stop = new AbortController();
  const running = run({ ...asked, signal: stop.signal });
  const { planned } = await running.start;
  const results = resultsOf(running, planned);
  for (const [suite, ids] of bySuite(planned))
    describe(suite, () => {
      // A case ends within its own budget, but may begin late: so many others are played before.
      for (const id of ids)
        it(id.slice(suite.length + 1), { timeout: 0 }, async (context) => {
          const result = await results.get(id);
          if (result) await judge(result, strictness, context);
        });
    });
  afterAll(async () => {
    stop.abort(new Error('the tests are over'));
    await running.record;
  }, 0);
}

/** The result of each case, when it comes. */
function resultsOf(running: Running, planned: readonly string[]): Map<string, Promise<CaseResult>> {
  const waiting = new Map(planned.map((id) => [id, new Deferred<CaseResult>()]));
  const deal = async () => {
    for await (const result of running) waiting.get(result.id)?.resolve(result);
    throw new Error('the run ended before this case was played');
  };
  // A result that nobody waits for any more is no unhandled rejection.
  for (const { promise } of waiting.values()) promise.catch(() => {});
  deal().catch((error: unknown) => {
    for (const { reject } of waiting.values()) reject(error);
  });
  return new Map([...waiting].map(([id, { promise }]) => [id, promise]));
}

function bySuite(ids: readonly string[]): Map<string, string[]> {
  const suites = new Map<string, string[]>();
  for (const id of ids) {
    // Folder and file: `rfc6121/roster`.
    const suite = id.split('/').slice(0, 2).join('/');
    suites.set(suite, [...(suites.get(suite) ?? []), id]);
  }
  return suites;
}

async function judge(result: CaseResult, strictness: Strictness, context: TestContext): Promise<void> {
  if (failsRun(result, strictness)) {
    const text = failureText(result, { colours: coloursFor({ isTTY: false }, {}), sourceLine });
    const error = new Error(text.join('\n'));
    // The stack of this file says nothing about the server.
    error.stack = `Error: ${error.message}`;
    throw error;
  }
  if (isKnownFailure(result)) context.skip(`known to fail: ${result.knownFailing?.reason}`);
  if (result.verdict === 'unsupported') context.skip(result.reason);
  if (result.verdict !== 'pass')
    await context.annotate(result.failure?.message ?? result.verdict, result.verdict);
}
