import { resolve } from 'node:path';
import { checkSuites, ownSuites } from '../suite/load-suites.ts';
import { formatMistake } from '../target/yaml-document.ts';
import type { Command } from './command.ts';

export const check: Command = {
  name: 'check',
  takes: '[FILE|FOLDER ...]',
  summary: 'Checks suite files and catalogues, and shows every mistake with its place',
  options: {},
  examples: ['touchstone check my-suites/'],
  async run({ positionals }) {
    const folders = positionals.length > 0 ? positionals.map((path) => resolve(path)) : [ownSuites];
    const { suites, mistakes, files } = await checkSuites(folders);
    for (const mistake of mistakes) process.stderr.write(`${formatMistake(mistake)}\n\n`);
    const requirements = suites.requirements.size;
    process.stdout.write(
      mistakes.length > 0
        ? `${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'} in ${new Set(mistakes.map((one) => one.file)).size} of ${files.length} files\n`
        : `${files.length} files, ${suites.cases.length} cases, ${requirements} requirements: no mistakes\n`,
    );
    return mistakes.length > 0 ? 2 : 0;
  },
};
