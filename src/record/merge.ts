import { isDeepStrictEqual } from 'node:util';
import type { CaseResult, RunRecord } from './record.schema.ts';
import { exitCodeFor, summarize } from './summary.ts';

/** Records that are not of one run. The message says which differ, and in what. */
export class UnmergeableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnmergeableError';
  }
}

/** A record, and what people call it: its file. */
export interface NamedRecord {
  name: string;
  record: RunRecord;
}

type Shard = NonNullable<RunRecord['shard']>;

/**
 * The records of all shards of a run as the one record that a run without shards makes, but for its times: it lasted
 * as long as the longest of them. Throws `UnmergeableError` where one is missing, is there twice, or asked something
 * else of something else.
 */
export function mergeShards(named: readonly NamedRecord[]): RunRecord {
  const shards = inOrder(named);
  const [first] = shards;
  if (!first) throw new UnmergeableError('there is no record to merge');
  for (const other of shards.slice(1)) demandSame(first, other);
  const records = shards.map(({ record }) => record);
  const placed = records.flatMap((record) => placesOf(record));
  const cases = placed.toSorted((one, other) => one.place - other.place).map(({ result }) => result);
  const { shard: _shard, summary: _summary, conformant: _conformant, ...facts } = first.record;
  const stale = [...new Set(records.flatMap((record) => record.staleKnownFailing ?? []))];
  const pending = records.flatMap((record) => record.pending ?? []);
  const merged: RunRecord = {
    ...facts,
    started: records.map(({ started }) => started).sort()[0] ?? facts.started,
    durationMs: longest(records, ({ durationMs }) => durationMs),
    phases: {
      startMs: longest(records, ({ phases }) => phases.startMs),
      probeMs: longest(records, ({ phases }) => phases.probeMs),
      playMs: longest(records, ({ phases }) => phases.playMs),
      provisionMs: longest(records, ({ phases }) => phases.provisionMs),
      stopMs: longest(records, ({ phases }) => phases.stopMs),
    },
    ...(stale.length > 0 ? { staleKnownFailing: stale } : {}),
    ...(records.some((record) => record.interrupted) ? { interrupted: true } : {}),
    ...(pending.length > 0 ? { pending } : {}),
    summary: summarize(cases),
    conformant: false,
    cases,
    definitions: definitionsOf(records, cases),
  };
  merged.conformant = exitCodeFor(merged) === 0;
  return merged;
}

/** The records by the number of their shard. */
function inOrder(named: readonly NamedRecord[]): (NamedRecord & { shard: Shard })[] {
  const shards = named.map(({ name, record }) => {
    if (!record.shard) throw new UnmergeableError(`${name} is of a run without --shard: it is whole already`);
    return { name, record, shard: record.shard };
  });
  const [first] = shards;
  const byNumber = new Map<number, string>();
  for (const { name, shard } of shards) {
    if (first && shard.of !== first.shard.of)
      throw new UnmergeableError(
        `${name} is one of ${shard.of} shards, ${first.name} one of ${first.shard.of}: they share the cases differently`,
      );
    const other = byNumber.get(shard.number);
    if (other !== undefined)
      throw new UnmergeableError(`${name} and ${other} are both shard ${shard.number}/${shard.of}`);
    byNumber.set(shard.number, name);
  }
  const of = first?.shard.of ?? 0;
  const missing = Array.from({ length: of }, (_, index) => index + 1).filter((one) => !byNumber.has(one));
  if (missing.length > 0) {
    const names = missing.map((number) => `${number}/${of}`).join(', ');
    throw new UnmergeableError(
      `${missing.length === 1 ? 'shard' : 'shards'} ${names} ${missing.length === 1 ? 'is' : 'are'} missing`,
    );
  }
  return shards.toSorted((one, other) => one.shard.number - other.shard.number);
}

/** What has to be the same in every record, each with the words for people. */
const demands: readonly [string, (record: RunRecord) => unknown][] = [
  ['the version of Touchstone', ({ touchstone }) => touchstone.version],
  ['the set of suites', ({ suites }) => suites.digest],
  ['the target', ({ target }) => target.name],
  ['the product', ({ target }) => [target.product.name, target.product.version].filter(Boolean).join(' ')],
  ['the image', ({ target }) => target.image?.id],
  ['what the target claims', ({ target }) => target.capabilities.claimed],
  ['what the target offers', ({ target }) => target.capabilities.offered],
  ['the choice of cases', ({ selection }) => selection],
  ['the seed of the order', ({ shuffle }) => shuffle],
];

function demandSame(first: NamedRecord, other: NamedRecord): void {
  for (const [what, of] of demands) {
    const [one, two] = [of(first.record), of(other.record)];
    if (isDeepStrictEqual(one, two)) continue;
    throw new UnmergeableError(
      `${what} differs: ${first.name} has ${shown(one, two)}, ${other.name} has ${shown(two, one)}; shards of one run ask the same of the same server`,
    );
  }
}

/** Of a list, what the other one does not have. */
function shown(value: unknown, other: unknown): string {
  if (value === undefined) return 'none';
  if (Array.isArray(value) && Array.isArray(other)) {
    const more = value.filter((item) => !other.includes(item));
    return more.length > 0 ? `also ${more.join(', ')}` : 'none of them';
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The results of a shard, each with its place among all cases; what is of no case that was chosen stands first. */
function placesOf({ shard, cases, pending = [] }: RunRecord): { place: number; result: CaseResult }[] {
  const places = shard?.places ?? [];
  const isPending = new Set(pending);
  const played = cases.filter(({ id }) => !isClaim(id));
  if (played.length + isPending.size !== places.length)
    throw new UnmergeableError(
      `shard ${shard?.number}/${shard?.of} has ${played.length} results for ${places.length} cases`,
    );
  const claims = cases.filter(({ id }) => isClaim(id)).map((result) => ({ place: -1, result }));
  // Of a run that was stopped nobody knows which places are empty; their order is kept.
  return [...claims, ...played.map((result, index) => ({ place: places[index] ?? 0, result }))];
}

function isClaim(id: string): boolean {
  return id.startsWith('claims/');
}

function longest(records: readonly RunRecord[], of: (record: RunRecord) => number): number {
  return Math.max(...records.map(of));
}

/** In the order in which the cases name them. */
function definitionsOf(
  records: readonly RunRecord[],
  cases: readonly CaseResult[],
): NonNullable<RunRecord['definitions']> {
  const all = new Map(
    records.flatMap(({ definitions = [] }) => definitions).map((one) => [`${one.file}:${one.line}`, one]),
  );
  const named = new Set(cases.map(({ file, line }) => `${file}:${line}`));
  return [...named].flatMap((key) => all.get(key) ?? []);
}
