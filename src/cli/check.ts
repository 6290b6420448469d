import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkSuites, ownSuites } from '../suite/load-suites.ts';
import { readTarget } from '../target/load-target.ts';
import { formatMistake, type Mistake } from '../target/yaml-document.ts';
import type { Command } from './command.ts';

export const check: Command = {
  name: 'check',
  takes: '[FILE|FOLDER ...]',
  summary: 'Checks suite files, catalogues and target files, and shows every mistake with its place',
  options: {},
  examples: ['touchstone check my-suites/', 'touchstone check target.yaml'],
  async run({ positionals }) {
    const paths = positionals.length > 0 ? positionals.map((path) => resolve(path)) : [ownSuites];
    const targets = paths.map(targetMistakes);
    const folders = paths.filter((_, index) => targets[index] === undefined);
    const { suites, mistakes, files } = await checkSuites(folders);
    mistakes.unshift(...targets.flatMap((found) => found ?? []));
    for (const mistake of mistakes) process.stderr.write(`${formatMistake(mistake)}\n\n`);
    const wrong = new Set(mistakes.map((one) => one.file)).size;
    const all = [
      count(paths.length - folders.length, 'target file'),
      ...(folders.length > 0
        ? [
            count(files.length, 'suite file'),
            count(suites.cases.length, 'case'),
            count(suites.requirements.size, 'requirement'),
          ]
        : []),
    ].filter((part) => part !== '0 target files');
    process.stdout.write(
      mistakes.length > 0
        ? `${count(mistakes.length, 'mistake')} in ${count(wrong, 'file')}\n`
        : `${all.join(', ')}: no mistakes\n`,
    );
    return mistakes.length > 0 ? 2 : 0;
  },
};

/** The mistakes of a target file; undefined where the path leads to something else. */
function targetMistakes(path: string): readonly Mistake[] | undefined {
  if (!existsSync(path) || !statSync(path).isFile()) return undefined;
  const { raw, mistakes } = readTarget(path);
  return typeof raw === 'object' && raw !== null && 'target' in raw ? mistakes : undefined;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
