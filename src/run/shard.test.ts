import { expect, it } from 'vitest';
import { mergeShards } from '../record/merge.ts';
import type { RunRecord } from '../record/record.schema.ts';
import { loadSuites, ownSuites } from '../suite/load-suites.ts';
import { loadTarget } from '../target/load-target.ts';
import { run } from './run.ts';
import type { Shard } from './shard.ts';

const suites = loadSuites([`${ownSuites}/xmpp/xep-0199`, `${ownSuites}/xmpp/xep-0030`]);

async function play(shard?: Shard): Promise<RunRecord> {
  return run({
    target: loadTarget('embedded'),
    suites: await suites,
    selection: {},
    knownFailing: [{ case: 'xep-0199/ping/gone', reason: 'it names no case, which every shard notices' }],
    version: 'test',
    signal: new AbortController().signal,
    reporters: [],
    ...(shard ? { shard } : {}),
  });
}

/** What a run says that another one of the same says too. */
function lasting(record: RunRecord): unknown {
  const { started: _started, durationMs: _durationMs, phases: _phases, target, ...others } = record;
  const { endpoints: _endpoints, ...same } = target;
  return { ...others, target: same, cases: record.cases.map((one) => ({ ...one, durationMs: 0 })) };
}

it('the records of five shards are together the record of the whole run', async () => {
  const shards = await Promise.all(
    [1, 2, 3, 4, 5].map(async (number) => ({
      name: `shard ${number}`,
      record: await play({ number, of: 5 }),
    })),
  );
  const whole = await play();
  expect(shards.map(({ record }) => record.cases.length).reduce((sum, count) => sum + count)).toBe(
    whole.cases.length,
  );
  expect(shards.filter(({ record }) => record.cases.length > 0).length).toBeGreaterThan(3);
  expect(lasting(mergeShards(shards.toReversed()))).toEqual(lasting(whole));
});
