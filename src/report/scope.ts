import type { RunRecord } from '../record/record.schema.ts';

/** What `conformant` does not say: that only some of the cases were played, or none. Empty where all were. */
export function scopeOf({
  selection,
  shard,
  summary,
}: Pick<RunRecord, 'selection' | 'shard' | 'summary'>): string {
  const { pass, warn, fail, flaky } = summary;
  const none = pass + warn + fail + flaky === 0 ? ', as far as no case could be played' : '';
  if (!shard) return `${none}${selection ? ', in the cases chosen' : ''}`;
  return `${none}, in shard ${shard.number} of ${shard.of}${selection ? ' of the cases chosen' : ''}`;
}
