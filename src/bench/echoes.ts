import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { idsOf } from '../run/plan.ts';
import { run } from '../run/run.ts';
import { version } from '../run/version.ts';
import type { Case } from '../suite/case.ts';
import { loadSuites, ownSuites } from '../suite/load-suites.ts';
import { select } from '../suite/select.ts';
import type { TargetDefinition } from '../target/load-target.ts';
import { echoPlainly, plainEchoesOf } from './plain-echoes.ts';

/** What the cases of a selection take, and the same echoes by a plain `ws` client; one after another, both. */
export interface EchoCost {
  only: string;
  cases: number;
  oursMs: number;
  plainMs: number;
}

/** Plays cases that echo against `ws` in a process of its own, and lets a plain client do the same echoes. */
export async function measureEchoes(selections: readonly string[], signal: AbortSignal): Promise<EchoCost[]> {
  const suites = await loadSuites([ownSuites]);
  const child = fork(fileURLToPath(new URL('./echo-server.js', import.meta.url)));
  try {
    const early = once(child, 'exit').then(() => {
      throw new Error('The process of the echo server ended before it was ready.');
    });
    const [port] = (await Promise.race([once(child, 'message', { signal }), early])) as [number];
    const costs: EchoCost[] = [];
    for (const only of selections) {
      const cases = select(suites.cases, { only: [only] }, idsOf).filter((one) => plainEchoesOf(one));
      const plainMs = await plainly(cases, port, signal);
      const record = await run({
        target: echoTarget(port),
        suites: { ...suites, cases },
        selection: { heavy: true },
        knownFailing: [],
        version: version(),
        jobs: 1,
        signal,
        reporters: [],
      });
      signal.throwIfAborted();
      const failed = record.cases.find((one) => one.verdict !== 'pass');
      if (failed) throw new Error(`${failed.id} did not pass: ${failed.failure?.message ?? failed.reason}`);
      costs.push({ only, cases: cases.length, oursMs: record.phases.playMs, plainMs });
    }
    return costs;
  } finally {
    child.kill();
  }
}

async function plainly(cases: readonly Case[], port: number, signal: AbortSignal): Promise<number> {
  const began = performance.now();
  for (const one of cases) {
    signal.throwIfAborted();
    const echoes = plainEchoesOf(one);
    if (echoes) await echoPlainly(`ws://127.0.0.1:${port}/`, echoes);
  }
  return Math.round(performance.now() - began);
}

function echoTarget(port: number): TargetDefinition {
  return {
    folder: process.cwd(),
    settings: {
      target: 'plain-echo',
      title: 'ws',
      product: { name: 'ws' },
      start: { external: { host: '127.0.0.1' } },
      endpoints: { websocket: { port, path: '/', echo: true } },
    },
  };
}

/** A line for each selection: times, and how ours compares. */
export function shownEchoes(costs: readonly EchoCost[]): string {
  const lines = costs.map(({ only, cases, oursMs, plainMs }) => {
    const ratio = (oursMs / Math.max(1, plainMs)).toFixed(2);
    return `${ratio.padStart(10)} times    a plain ws client doing the same echoes: ${only} (${cases} cases, ${oursMs} ms and ${plainMs} ms)`;
  });
  return `${['echoes, one after another', ...lines].join('\n')}\n`;
}
