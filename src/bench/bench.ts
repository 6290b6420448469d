import { parseArgs } from 'node:util';
import { runCleanups } from '../target/cleanups.ts';
import { type LoginCost, measureLogins } from './login.ts';
import { measureRun, type RunCost } from './run-cost.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: ['embedded'] },
    only: { type: 'string', multiple: true, default: [] },
    logins: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
  },
});
const logins = Number(values.logins);
if (!Number.isInteger(logins) || logins < 1) {
  process.stderr.write(`--logins takes a whole number from 1, not ${values.logins}\n`);
  process.exit(2);
}

/** A figure, its unit, and what it means. */
type Row = readonly [figure: number, unit: string, meaning: string];

function rowsOfRun(cost: RunCost, handshakeMs: number): Row[] {
  const { phases } = cost;
  return [
    [cost.plays, 'plays', `on ${cost.target}`],
    [cost.playsPerSecond, 'a second', 'while cases are played'],
    [cost.loadMs, 'ms', 'suites are read'],
    [phases.startMs, 'ms', 'the target starts'],
    [phases.probeMs, 'ms', 'its capabilities are probed'],
    [phases.playMs, 'ms', 'cases are played'],
    [phases.provisionMs, 'ms', 'of that cases wait for accounts, summed over all that play side by side'],
    [phases.stopMs, 'ms', 'the target is stopped'],
    [cost.peakMemoryMiB, 'MiB', 'memory at its highest'],
    [cost.cpuMsPerPlay, 'ms', 'CPU time for a play'],
    [cost.cpuMsPerPlay / handshakeMs, 'times', 'that of a bare TLS handshake'],
  ];
}

function rowsOfLogin({ logins, loginCpuMs, securedCpuMs, handshakeCpuMs }: LoginCost): Row[] {
  return [
    [logins, 'logins', 'one after another, to a server in a process of its own'],
    [handshakeCpuMs, 'ms', "the client's CPU time for a bare TLS handshake"],
    [securedCpuMs, 'ms', 'for a stream with STARTTLS'],
    [loginCpuMs, 'ms', 'for a login: STARTTLS, SCRAM and resource binding'],
    [loginCpuMs / handshakeCpuMs, 'times', 'a bare TLS handshake'],
  ];
}

function shown(rows: readonly Row[]): string {
  const lines = rows.map(([figure, unit, meaning]) => {
    const number = Number.isInteger(figure) ? String(figure) : figure.toFixed(2);
    return `${number.padStart(9)} ${unit.padEnd(9)} ${meaning}`;
  });
  return `${lines.join('\n')}\n\n`;
}

const stopped = new AbortController();
const stop = () => stopped.abort(new Error('stopped'));
process.once('SIGINT', stop).once('SIGTERM', stop);
try {
  const login = await measureLogins(logins, stopped.signal);
  if (!values.json) process.stdout.write(shown(rowsOfLogin(login)));
  const runs: RunCost[] = [];
  for (const name of values.target) {
    const cost = await measureRun(name, values.only, stopped.signal);
    runs.push(cost);
    if (!values.json) process.stdout.write(shown(rowsOfRun(cost, login.handshakeCpuMs)));
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ runs, login }, undefined, 2)}\n`);
} catch (error) {
  if (!stopped.signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  await runCleanups();
}
