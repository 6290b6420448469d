import type { RunRecord } from '../record/record.schema.ts';

/** What `conformant` does not say: that only some of the cases were played. Empty where all were. */
export function scopeOf({ selection, shard }: Pick<RunRecord, 'selection' | 'shard'>): string {
  if (!shard) return selection ? ', in the cases chosen' : '';
  return `, in shard ${shard.number} of ${shard.of}${selection ? ' of the cases chosen' : ''}`;
}
