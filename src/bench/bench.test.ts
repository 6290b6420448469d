import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const bench = fileURLToPath(new URL('../../dist/bench/bench.js', import.meta.url));

describe('the bench', () => {
  it('prints what a run and a login cost', async () => {
    const words = ['--only', 'rfc6455/**', '--logins', '5'];
    const { stdout } = await promisify(execFile)(process.execPath, [bench, ...words]);
    for (const name of ['casesPerSecond', 'startMs', 'playMs', 'stopMs', 'peakMemoryMiB', 'loginCpuMs']) {
      expect(stdout).toMatch(new RegExp(`^${name} +[0-9.]+$`, 'm'));
    }
  }, 60_000);
});
