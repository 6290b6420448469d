import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../dist/cli/touchstone.js', import.meta.url));

// What Touchstone is believed for: each case can fail, and each fault is noticed by some case.
it('proves every case of every suite, and every fault', { timeout: 600_000 }, async () => {
  const child = promisify(execFile)(process.execPath, [program, 'prove']);
  const { stdout, stderr } = await child.catch((failed: { stdout: string; stderr: string }) => failed);
  const [, proven, all] = /^(\d+) of (\d+) cases proven, [^\n]*\n$/.exec(stdout) ?? [];
  expect(`${stdout}${stderr}`).toMatch(/^\d+ of \d+ cases proven, [^\n]*\n$/);
  expect(proven).toBe(all);
  expect(Number(all)).toBeGreaterThan(1_000);
  expect(child.child.exitCode).toBe(0);
});
