import { createHash } from 'node:crypto';
import type { RunRecord } from '../record/record.schema.ts';

/** One of several runs that share the cases among them; `number` counts from 1. */
export interface Shard {
  number: number;
  of: number;
}

/**
 * Whether the case belongs to the shard. Its id alone decides, so that each machine of a CI matrix finds its own share
 * without asking another, and a case that is added moves no other one.
 */
export function isOfShard(id: string, { number, of }: Shard): boolean {
  return createHash('sha256').update(id).digest().readUInt32BE() % of === number - 1;
}

/** What the record says of the shard: its cases by their place among all that were chosen. */
export function factsOfShard(ids: readonly string[], shard: Shard): NonNullable<RunRecord['shard']> {
  const places = ids.flatMap((id, place) => (isOfShard(id, shard) ? [place] : []));
  return { ...shard, places };
}
