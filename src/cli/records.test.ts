import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecord } from '../record/record-file.ts';
import { folder, touchstone } from './test-program.ts';

const pings = ['run', '-q', '--reporter', 'none', '--only', 'xep-0199/ping/**'];

writeFileSync(
  join(folder, 'broken.yaml'),
  `target: broken
title: Broken
product: { name: Touchstone reference server }
start: { embedded: { faults: [ping-goes-unanswered] } }
`,
);

describe('records of several runs', () => {
  it('of all shards are merged into one, and are refused where one is missing', async () => {
    await Promise.all(
      ['1', '2'].map((number) => touchstone(...pings, '--shard', `${number}/2`, '--out', `share-${number}`)),
    );
    const merged = await touchstone('merge', 'share-2', 'share-1', '--reporter', 'junit', '--out', 'whole');
    expect(merged.errors).toBe('');
    expect(merged.output).toMatch(
      /^\d+ pass in .*\nwrote whole\/record\.json and whole\/junit\.xml\nEmbedded reference server: conformant, in the cases chosen\n$/,
    );
    expect(merged.code).toBe(0);
    const [one, other, whole] = await Promise.all(
      ['share-1', 'share-2', 'whole'].map((name) => readRecord(join(folder, name))),
    );
    expect(whole?.cases.length).toBe((one?.cases.length ?? 0) + (other?.cases.length ?? 0));

    const { code, errors } = await touchstone('merge', 'share-1');
    expect(errors).toContain('shard 2/2 is missing');
    expect(code).toBe(2);
  });

  it('are compared: 1 for what is newly broken, 0 for what is mended', async () => {
    await Promise.all([
      touchstone(...pings, '--out', 'good'),
      touchstone(...pings, '--target', './broken.yaml', '--out', 'bad'),
    ]);
    const [good, bad] = await Promise.all(['good', 'bad'].map((name) => readRecord(join(folder, name))));
    expect([good?.target.file, bad?.target.file]).toEqual([undefined, './broken.yaml']);
    const worse = await touchstone('compare', 'good', 'bad');
    expect(worse.output).toMatch(/^newly broken: \d+$/m);
    expect(worse.code).toBe(1);
    const better = await touchstone('compare', 'bad', 'good', '--markdown');
    expect(better.output).toMatch(/^#### newly mended: \d+$/m);
    expect(better.code).toBe(0);
    const same = await touchstone('compare', 'good', 'good');
    expect(same.output).toContain('every case came to the same');
    expect(same.code).toBe(0);
  });
});
