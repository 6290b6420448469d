import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { EchoCost } from './echoes.ts';
import { shown, spread } from './figures.ts';
import type { Measurement } from './measurement.ts';

const bench = fileURLToPath(new URL('../../dist/bench/bench.js', import.meta.url));
const few = ['--only', 'rfc6121/roster/**', '--logins', '5'];

const printed = async (...words: string[]) =>
  (await promisify(execFile)(process.execPath, [bench, ...words])).stdout;

describe('the bench', { timeout: 120_000 }, () => {
  it('measures a run and logins, the parts no more than the whole', async () => {
    const { measurements } = JSON.parse(await printed(...few, '--runs', '2', '--json')) as {
      measurements: Measurement[];
    };
    expect(measurements).toHaveLength(2);
    for (const { run, login } of measurements) {
      const { startMs, probeMs, playMs, provisionMs, stopMs } = run.phases;
      expect(run.plays).toBeGreaterThan(10);
      expect(run.plays).toBe(run.summary.pass);
      // Each is rounded to whole milliseconds.
      const rounding = 5;
      const parts = run.loadMs + startMs + probeMs + playMs + stopMs;
      expect(parts).toBeLessThanOrEqual(run.wholeMs + rounding);
      expect(provisionMs).toBeGreaterThan(0);
      expect(provisionMs).toBeLessThanOrEqual(playMs * run.jobs + rounding);
      expect(run.playsPerSecond).toBeCloseTo(run.plays / (playMs / 1_000));
      expect(run.peakMemoryMiB).toBeGreaterThan(0);
      expect(run.cpuMsPerPlay).toBeGreaterThan(0);
      expect(login.logins).toBe(5);
      for (const cost of [login.handshake, login.secured, login.plain, login.scram])
        expect(cost.totalMs).toBeGreaterThan(0);
    }
    const text = shown(measurements);
    expect(text).toMatch(/^embedded: medians of 2 runs \(and their range\); \d+ pass$/m);
    for (const meaning of [
      'a second while cases are played',
      'ms +the target starts',
      'ms +provisioning',
      'ms +cases are played',
      'ms +the target is stopped',
      'MiB +memory at its highest',
      'times +the CPU time of a bare TLS handshake',
      'ms +a login: STARTTLS, SCRAM-SHA-512 and resource binding',
      'times +a bare TLS handshake',
    ])
      expect(text).toMatch(new RegExp(`^ *[0-9.]+ ${meaning}`, 'm'));
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('stops what it started when it is stopped, and ends with 130', async () => {
    const child = spawn(process.execPath, [bench], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (bytes) => {
      text += bytes;
    });
    await once(child, 'spawn');
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    // The pipe is closed when the processes that measure have ended, too: they have it as well.
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(text).toBe('measuring embedded, run 1 of 1\n');
  });

  it('holds cases that echo against a plain client', async () => {
    const only = [
      'autobahn/9.1.1',
      'rfc6455/many-messages/thousand-text-messages-of-16-octets',
      'autobahn/12.1.1',
    ];
    const words = only.flatMap((glob) => ['--echoes', glob]);
    const { echoes } = JSON.parse(await printed(...words, '--json')) as { echoes: EchoCost[] };
    expect(echoes.map((one) => [one.only, one.cases])).toEqual(only.map((glob) => [glob, 1]));
    for (const { oursMs, plainMs } of echoes) expect(Math.min(oursMs, plainMs)).toBeGreaterThanOrEqual(0);
    expect(await printed(...words.slice(0, 2))).toMatch(
      /^ *[0-9.]+ times +a plain ws client .*9\.1\.1 \(1 cases/m,
    );
  });

  it('says what a wrong word should have been', async () => {
    for (const words of [['--runs', '0'], ['--logins', 'many'], ['--run']])
      await expect(printed(...words)).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--runs N'),
      });
    await expect(printed('--only', 'no/such/case')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no/such/case'),
    });
  });
});

describe('spread', () => {
  it('gives the middle, or what is between the two in the middle', () => {
    expect(spread([3, 1, 2])).toEqual({ low: 1, median: 2, high: 3 });
    expect(spread([4, 1, 2, 3])).toEqual({ low: 1, median: 2.5, high: 4 });
    expect(spread([7])).toEqual({ low: 7, median: 7, high: 7 });
  });
});
