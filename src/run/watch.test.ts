import { getEventListeners } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSuites, ownSuites } from '../suite/load-suites.ts';
import { loadTarget } from '../target/load-target.ts';
import { run } from './run.ts';
import { factsOfSelection } from './run-facts.ts';
import { WarmTarget } from './warm-target.ts';
import { consequenceOf, FileWatch, watchedPaths } from './watch.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-watch-'));
afterAll(() => rmSync(folder, { recursive: true }));

const suitesFolder = join(folder, 'suites');
cpSync(join(ownSuites, 'xmpp/xep-0199'), join(suitesFolder, 'xep-0199'), { recursive: true });
cpSync(join(ownSuites, 'xmpp/xep-0030'), join(suitesFolder, 'xep-0030'), { recursive: true });
const suites = await loadSuites([suitesFolder]);

mkdirSync(join(folder, 'server'));
const file = join(folder, 'target.yaml');
writeFileSync(join(folder, 'server', 'main.js'), '');
writeFileSync(
  file,
  `target: mine
title: Mine
product: { name: mine }
start: { embedded: {} }
watch: [./server]
`,
);
const target = loadTarget(file);
const all = suites.cases.map(({ id }) => id);
const pings = all.filter((id) => id.startsWith('xep-0199/'));

describe('a change', () => {
  it.each([
    ['of a suite file concerns its cases', ['suites/xep-0199/ping.yaml'], false, pings],
    ['of a catalogue concerns all', ['suites/xep-0199/requirements.yaml'], false, all],
    ['of what is known to fail concerns all', ['known-failing.yaml'], false, all],
    ['of the target file is another server', ['target.yaml'], true, all],
    ['of what the server is made of is another server', ['server/main.js'], true, all],
    ['of anything else concerns nobody', ['server.log', 'suites/notes.md'], false, []],
  ])('%s', (_what, paths, restart, ids) => {
    const changed = new Set(paths.map((path) => join(folder, path)));
    const consequence = consequenceOf(changed, suites, target);
    expect({ restart: consequence.restart, ids: consequence.cases.map(({ id }) => id) }).toEqual({
      restart,
      ids,
    });
    // Where not all are played the record has to say so.
    expect(consequence.changed === undefined).toBe(ids === all);
  });

  it('of a suite file is what the record says its cases were chosen by', async () => {
    const changed = new Set([join(folder, 'suites/xep-0199/ping.yaml')]);
    const { changed: files = [] } = consequenceOf(changed, suites, target);
    expect(files).toEqual([expect.stringMatching(/xep-0199\/ping\.yaml$/)]);
    expect(factsOfSelection({ only: [], changed: files })).toEqual({ selection: { changed: files } });
  });

  it('is noticed, with all that follows at once', async () => {
    const files = await FileWatch.of(watchedPaths([suitesFolder], target));
    try {
      const ping = join(suitesFolder, 'xep-0199/ping.yaml');
      const { signal } = new AbortController();
      const next = files.next(signal);
      appendFileSync(ping, '# once\n');
      appendFileSync(join(folder, 'server/main.js'), '// once\n');
      appendFileSync(ping, '# twice\n');
      expect([...(await next)].sort()).toEqual([join(folder, 'server/main.js'), ping]);
      // Whoever watches for hours asks many times.
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    } finally {
      await files.close();
    }
  });

  it('is not waited for when the watching ends', async () => {
    const files = await FileWatch.of([folder]);
    expect(await files.next(AbortSignal.abort())).toEqual(new Set());
    await files.close();
  });
});

it('a warm target is the same server in each run, and another one after it was let go', async () => {
  const warm = new WarmTarget();
  const endpoint = async () => {
    const record = await run({
      target,
      suites,
      selection: { only: ['xep-0199/ping/before-presence'] },
      knownFailing: [],
      version: 'test',
      signal: new AbortController().signal,
      reporters: [],
      warm,
    });
    expect(record.conformant).toBe(true);
    return record.target.endpoints?.xmpp;
  };
  const first = await endpoint();
  expect(await endpoint()).toBe(first);
  await warm.letGo();
  expect(await endpoint()).not.toBe(first);
  await warm.letGo();
});
