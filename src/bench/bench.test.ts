import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { LoginCost } from './login.ts';
import type { RunCost } from './run-cost.ts';

const bench = fileURLToPath(new URL('../../dist/bench/bench.js', import.meta.url));
const words = ['--only', 'rfc6121/roster/**', '--logins', '5'];

const printed = async (...more: string[]) =>
  (await promisify(execFile)(process.execPath, [bench, ...words, ...more])).stdout;

describe('the bench', () => {
  it('prints what a run and a login cost', async () => {
    const text = await printed();
    for (const meaning of [
      'plays +on embedded',
      'a second +while cases',
      'times +that of a bare TLS handshake',
    ])
      expect(text).toMatch(new RegExp(`^ *[0-9.]+ ${meaning}`, 'm'));
    expect(text).toMatch(/^ *[0-9.]+ ms +for a login: /m);
  });

  it('prints the same as JSON, the parts no more than the whole', async () => {
    const { runs, login } = JSON.parse(await printed('--json')) as { runs: RunCost[]; login: LoginCost };
    const [run] = runs;
    expect(runs).toHaveLength(1);
    expect(run?.plays).toBe(run?.summary.pass);
    expect(run?.plays).toBeGreaterThan(10);
    for (const figure of [run?.loadMs, run?.phases.playMs, run?.phases.provisionMs, run?.peakMemoryMiB])
      expect(figure).toBeGreaterThan(0);
    expect(login.logins).toBe(5);
    expect(login.handshakeCpuMs).toBeGreaterThan(0);
  });

  it('ends when it is stopped, with 130', async () => {
    const child = spawn(process.execPath, [bench, '--logins', '1'], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
  });
});
