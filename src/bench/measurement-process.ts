import { runCleanups } from '../target/cleanups.ts';
import { measureLogins } from './login.ts';
import type { Measurement, MeasurementOrder } from './measurement.ts';
import { measureRun } from './run-cost.ts';

// Started by measure(): takes one order, answers with one measurement. One that is stopped answers nothing.
const stopped = new AbortController();
const stop = () => stopped.abort(new Error('stopped'));
process.on('SIGINT', stop).on('SIGTERM', stop).on('disconnect', stop);

process.once('message', async (order: MeasurementOrder) => {
  const { target, only, logins } = order;
  try {
    const run = await measureRun(target, only, stopped.signal);
    const login = await measureLogins(logins, stopped.signal);
    process.send?.({ target, run, login } satisfies Measurement);
  } catch (error) {
    process.exitCode = stopped.signal.aborted ? 130 : 1;
    if (!stopped.signal.aborted)
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  await runCleanups();
  // A library may keep idle sockets to the container engine open.
  process.exit();
});
