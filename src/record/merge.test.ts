import { describe, expect, it } from 'vitest';
import { mergeShards, UnmergeableError } from './merge.ts';
import type { CaseResult, RunRecord } from './record.schema.ts';
import { RecordBuilder, type RunFacts } from './record-builder.ts';

const facts: RunFacts = {
  touchstone: { version: '0' },
  suites: { digest: 'sha256:0' },
  target: {
    name: 'x',
    title: 'X',
    product: { name: 'X', version: '1' },
    capabilities: { claimed: [], offered: ['xmpp'], findings: [] },
  },
  environment: { node: 'v20', platform: 'linux' },
  started: '2026-01-01T00:00:00.000Z',
};

const phases = { startMs: 1, probeMs: 1, playMs: 1, provisionMs: 1, stopMs: 1 };
const ids = ['s/a', 's/b', 's/c', 's/d', 's/e'];

function resultOf(id: string): CaseResult {
  const line = ids.indexOf(id) + 2;
  return {
    id,
    suite: 's',
    title: id,
    file: 's.yaml',
    line,
    covers: [],
    level: 'MUST',
    verdict: id === 's/c' ? 'fail' : 'pass',
    durationMs: 1,
  };
}

/** The record of a run that played the cases at these places. */
function recordOf(places: readonly number[], more: Partial<RunFacts> = {}, durationMs = 10): RunRecord {
  const planned = places.flatMap((place) => ids[place] ?? []);
  const definitions = planned.map((id) => ({ file: 's.yaml', line: resultOf(id).line, text: `- id: ${id}` }));
  const builder = new RecordBuilder({ ...facts, definitions, ...more });
  for (const id of planned.toReversed()) builder.add(resultOf(id));
  return builder.finish({ durationMs, phases }, planned);
}

function shard(number: number, of: number, places: number[], more: Partial<RunFacts> = {}) {
  return {
    name: `shard-${number}`,
    record: recordOf(places, { shard: { number, of, places }, ...more }, number),
  };
}

const whole = recordOf([0, 1, 2, 3, 4]);

describe('the records of all shards', () => {
  it('are the record of the whole run, whatever their order', () => {
    const shards = [shard(3, 3, [1]), shard(1, 3, [0, 4]), shard(2, 3, [2, 3])];
    expect(mergeShards(shards)).toEqual({ ...whole, durationMs: 3 });
  });

  it('may have no cases at all', () => {
    expect(mergeShards([shard(1, 2, [0, 1, 2, 3, 4]), shard(2, 2, [])]).cases).toEqual(whole.cases);
  });

  it('keep what is pending, and what names no case', () => {
    const one = shard(1, 2, [0, 1, 2, 3]);
    const { cases } = one.record;
    const cut = {
      ...one.record,
      cases: cases.filter(({ id }) => id !== 's/b'),
      pending: ['s/b'],
      interrupted: true,
    };
    const other = shard(2, 2, [4]);
    const merged = mergeShards([
      { ...one, record: { ...cut, staleKnownFailing: ['s/z'] } },
      { ...other, record: { ...other.record, staleKnownFailing: ['s/z'] } },
    ]);
    expect(merged).toMatchObject({ interrupted: true, pending: ['s/b'], staleKnownFailing: ['s/z'] });
    expect(merged.cases.map(({ id }) => id)).toEqual(['s/a', 's/c', 's/d', 's/e']);
  });
});

describe('records that are not the shards of one run', () => {
  const product = (version: string) => ({ target: { ...facts.target, product: { name: 'X', version } } });
  const offering = (...offered: string[]) => ({
    target: { ...facts.target, capabilities: { ...facts.target.capabilities, offered } },
  });
  it.each([
    ['one that is missing', [shard(1, 3, [0]), shard(3, 3, [1])], 'shard 2/3 is missing'],
    [
      'one that is there twice',
      [shard(1, 2, [0]), shard(1, 2, [0])],
      'shard-1 and shard-1 are both shard 1/2',
    ],
    ['one of a whole run', [{ name: 'all', record: whole }], 'all is of a run without --shard'],
    [
      'those of other shares',
      [shard(1, 2, [0]), shard(2, 3, [1])],
      'shard-2 is one of 3 shards, shard-1 one of 2',
    ],
    [
      'other suites',
      [shard(1, 2, [0]), shard(2, 2, [1], { suites: { digest: 'sha256:1' } })],
      'the set of suites differs: shard-1 has sha256:0, shard-2 has sha256:1',
    ],
    [
      'another version of the product',
      [shard(1, 2, [0]), shard(2, 2, [1], product('2'))],
      'the product differs: shard-1 has X 1, shard-2 has X 2',
    ],
    [
      'other features',
      [shard(1, 2, [0]), shard(2, 2, [1], offering('xmpp', 'ping'))],
      'what the target offers differs: shard-1 has none of them, shard-2 has also ping',
    ],
    [
      'results that are not there',
      [{ ...shard(1, 1, [0, 1]), record: { ...shard(1, 1, [0, 1]).record, cases: [] } }],
      'has 0 results for 2 cases',
    ],
    ['nothing', [], 'there is no record to merge'],
  ])('are refused: %s', (_what, shards, message) => {
    expect(() => mergeShards(shards)).toThrow(UnmergeableError);
    expect(() => mergeShards(shards)).toThrow(message);
  });
});
