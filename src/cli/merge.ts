import { resolve } from 'node:path';
import { mergeShards } from '../record/merge.ts';
import { readRecord } from '../record/record-file.ts';
import { exitCodeFor } from '../record/summary.ts';
import { coloursFor } from '../report/colours.ts';
import { totals, verdictLine, wrote } from '../report/console.ts';
import { together } from '../report/reporter.ts';
import { type Command, UsageError } from './command.ts';
import { contextOf, outOption, reporterOption, reportersOfRun } from './reporters.ts';
import { strictnessOf, strictnessOptions } from './strictness.ts';

export const merge: Command = {
  name: 'merge',
  takes: 'RECORD ...',
  summary: 'Makes one record of those of all shards of a run',
  options: {
    reporter: reporterOption,
    out: outOption,
    ...strictnessOptions,
  },
  examples: ['touchstone merge shard-1 shard-2 shard-3 --out touchstone-report'],
  async run(words) {
    if (words.positionals.length === 0)
      throw new UsageError(
        '`touchstone merge` takes the records of all shards: their files, or the folders they are in',
      );
    const named = await Promise.all(
      words.positionals.map(async (name) => ({ name, record: await readRecord(resolve(name)) })),
    );
    const merged = mergeShards(named);
    const out = resolve(words.text('out') ?? 'touchstone-report');
    const written: string[] = [];
    const strictness = strictnessOf(words);
    const reporters = await reportersOfRun(words, contextOf(out, strictness, written));
    await together(reporters).onEnd({ format: 1, records: [merged], notPlayed: [] });
    const verdict = verdictLine(merged, coloursFor(process.stdout), strictness);
    process.stdout.write(`${[totals(merged), ...wrote(written), verdict].join('\n')}\n`);
    return exitCodeFor(merged, strictness);
  },
};
