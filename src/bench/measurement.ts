import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoginCost } from './login.ts';
import type { RunCost } from './run-cost.ts';

export interface MeasurementOrder {
  /** A name, or the path of a target.yaml. */
  target: string;
  /** Globs of case ids; none chooses all. */
  only: readonly string[];
  logins: number;
}

/** What a run, and then logins, cost in one process of their own. */
export interface Measurement {
  target: string;
  run: RunCost;
  login: LoginCost;
}

/**
 * Measures in a new process, so that nothing of an earlier measurement is compiled, cached or kept in memory. When
 * the signal aborts, that process stops its target first. Rejects when there is no measurement; where it was not
 * stopped, the process has said why on the standard error.
 */
export async function measure(order: MeasurementOrder, signal: AbortSignal): Promise<Measurement> {
  signal.throwIfAborted();
  const child = fork(fileURLToPath(new URL('./measurement-process.js', import.meta.url)));
  const stop = () => child.kill('SIGINT');
  signal.addEventListener('abort', stop);
  let measurement: Measurement | undefined;
  child.once('message', (message) => {
    measurement = message as Measurement;
  });
  child.send(order);
  try {
    await once(child, 'exit');
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  if (!measurement) throw new Error(`There is no measurement of ${order.target}.`);
  return measurement;
}
