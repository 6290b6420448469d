import { resolve } from 'node:path';
import { readRecords, recordFiles } from '../record/record-file.ts';
import { exitCodeForSet } from '../record/record-set.ts';
import { wrote } from '../report/console.ts';
import { together } from '../report/reporter.ts';
import type { Command } from './command.ts';
import { contextOf, outOption, reporterOption, reportersFor } from './reporters.ts';
import { strictnessOf, strictnessOptions } from './strictness.ts';

export const report: Command = {
  name: 'report',
  takes: '[RECORD]',
  most: 1,
  summary: 'Writes the reports of a record that is there already',
  options: {
    reporter: reporterOption,
    out: outOption,
    ...strictnessOptions,
  },
  examples: ['touchstone report', `touchstone report ci/${recordFiles.unfinished} --reporter junit --out ci`],
  async run(words) {
    const out = resolve(words.text('out') ?? 'touchstone-report');
    const set = await readRecords(resolve(words.positionals[0] ?? out));
    const written: string[] = [];
    const strictness = strictnessOf(words);
    const reporters = await reportersFor(words, contextOf(out, strictness, written));
    await together(reporters).onEnd(set);
    process.stdout.write(`${wrote(written).join('\n')}\n`);
    return exitCodeForSet(set, strictness);
  },
};
