import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  defineTarget,
  EmptySelectionError,
  InvalidFileError,
  loadSuites,
  run,
  UnknownTargetError,
} from './index.ts';
import { ownSuites } from './suite/load-suites.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-library-'));
afterAll(() => rmSync(folder, { recursive: true }));

const suites = await loadSuites([join(ownSuites, 'xmpp/xep-0199')]);

async function idsOf(results: AsyncIterable<{ id: string }>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of results) ids.push(id);
  return ids;
}

describe('a run that a program starts', () => {
  it('gives each result to whoever iterates, however late, and then the record', async () => {
    const running = run({ suites });
    const { planned, facts } = await running.start;
    expect(facts.target.name).toBe('embedded');
    const [first, record] = await Promise.all([idsOf(running), running.record]);
    expect(first.toSorted()).toEqual(planned.toSorted());
    expect(await idsOf(running)).toEqual(first);
    expect(record.summary.pass).toBe(planned.length);
  });

  it('can be stopped, and says what is pending', async () => {
    const stop = new AbortController();
    const running = run({ suites, signal: stop.signal, jobs: 1 });
    for await (const _result of running) stop.abort();
    const record = await running.record;
    expect(record.interrupted).toBe(true);
    expect(record.cases.length + (record.pending?.length ?? 0)).toBe((await running.start).planned.length);
    expect(record.pending?.length).toBeGreaterThan(0);
  });

  it('ends when the last loop over it is left, but not for what comes after the last case', async () => {
    const left = run({ suites, jobs: 1 });
    const whole = idsOf(left);
    for await (const _result of left) break;
    expect((await whole).length).toBe((await left.start).planned.length);
    expect((await left.record).interrupted).toBeUndefined();

    const failing = run({ suites, jobs: 1 });
    const read = async () => {
      for await (const { id } of failing) throw new Error(id);
    };
    await expect(read()).rejects.toThrow('xep-0199/');
    expect((await failing.record).interrupted).toBe(true);

    const counted = run({ suites, jobs: 1, only: ['xep-0199/ping/server-*'] });
    const { planned } = await counted.start;
    let number = 0;
    for await (const _result of counted) if (++number === planned.length) break;
    expect((await counted.record).interrupted).toBeUndefined();
  });

  it.each([
    ['no case is chosen', { suites, only: ['nothing/**'] }, EmptySelectionError],
    ['there is no such target', { suites, target: 'prosidy' }, UnknownTargetError],
  ])('tells everywhere that %s', async (_what, request, kind) => {
    const running = run(request);
    await expect(running.record).rejects.toThrow(kind);
    await expect(running.start).rejects.toThrow(kind);
    await expect(idsOf(running)).rejects.toThrow(kind);
  });
});

describe('a target that a program describes', () => {
  const settings = {
    target: 'mine',
    title: 'Mine',
    product: { name: 'mine' },
    start: { embedded: { faults: ['ping-goes-unanswered'] } },
  };

  it('is checked as a file is, and every mistake is told with its place', () => {
    const wrong = {
      ...settings,
      target: 'Mine',
      start: { external: { host: 'localhost' } },
      endpoints: { websocket: {} },
    };
    expect(() => defineTarget(wrong)).toThrow(InvalidFileError);
    expect(() => defineTarget(wrong)).toThrow(
      /the settings of the target:1:9: `Mine` is not in the right form/,
    );
  });

  it('has its known failures in its folder', async () => {
    const entry = '- case: xep-0199/ping/**\n  reason: This server never answers a ping, which is known\n';
    writeFileSync(join(folder, 'known-failing.yaml'), entry);
    const { summary } = await run({
      suites,
      only: ['xep-0199/ping/server-*'],
      target: defineTarget(settings, folder),
    }).record;
    expect(summary.fail + summary.warn).toBeGreaterThan(0);
    expect(summary.knownFailing).toBe(summary.fail + summary.warn);
  });
});
