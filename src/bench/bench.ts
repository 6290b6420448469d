import { parseArgs } from 'node:util';
import { version } from '../cli/version.ts';
import { readKnownFailing } from '../run/known-failing.ts';
import { run } from '../run/run.ts';
import { loadSuites, ownSuites } from '../suite/load-suites.ts';
import { loadTarget } from '../target/load-target.ts';
import { measureLogins } from './login.ts';

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

/** One run of a target; times in milliseconds. */
async function measure(name: string): Promise<Record<string, string | number>> {
  const began = performance.now();
  const suites = await loadSuites([ownSuites]);
  const loadMs = Math.round(performance.now() - began);
  const target = loadTarget(name);
  const record = await run({
    target,
    suites,
    selection: { only: values.only },
    knownFailing: target.file === undefined ? [] : readKnownFailing(target.file),
    version: version(),
    signal: new AbortController().signal,
    reporters: [],
  });
  const { playMs } = record.phases;
  const plays = record.cases.filter((one) => one.verdict !== 'unsupported').length;
  return {
    target: name,
    cases: record.cases.length,
    plays,
    casesPerSecond: Math.round(plays / (Math.max(playMs, 1) / 1000)),
    loadMs,
    ...record.phases,
    // The highest of this process so far: a later target's includes an earlier one's.
    peakMemoryMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

const runs: Record<string, string | number>[] = [];
for (const name of values.target) runs.push(await measure(name));
const cost = values.target.includes('embedded') ? await measureLogins(logins) : undefined;
const login = cost && { ...cost, loginPerSecured: cost.loginCpuMs / cost.securedCpuMs };
if (values.json) process.stdout.write(`${JSON.stringify({ runs, login }, undefined, 2)}\n`);
else {
  for (const one of [...runs, ...(login ? [login] : [])]) {
    for (const [name, value] of Object.entries(one)) {
      const shown = typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : value;
      process.stdout.write(`${name.padEnd(18)}${shown}\n`);
    }
    process.stdout.write('\n');
  }
}
