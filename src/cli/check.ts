import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { checkKnownFailing } from '../run/known-failing.ts';
import { besides, checkSuites, ownSuites } from '../suite/load-suites.ts';
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
    const below = new Map(paths.map((path) => [path, targetFilesBelow(path)]));
    const others = [...paths, ...[...below.values()].flat()].flatMap((path) => otherAt(path) ?? []);
    const folders = paths.filter((path) => !others.some((other) => other.path === path));
    const checked = await checkSuites(folders);
    const { suites, files } = checked;
    const mistakes = [
      ...others.flatMap((other) => other.mistakes),
      // A folder may well hold targets alone.
      ...checked.mistakes.filter(({ file }) => (below.get(file) ?? []).length === 0),
    ];
    for (const mistake of mistakes) process.stderr.write(`${formatMistake(mistake)}\n\n`);
    const wrong = new Set(mistakes.map((one) => one.file)).size;
    const all = [
      ...(['target file', 'list of known failures'] as const).map((kind) =>
        count(others.filter((other) => other.kind === kind).length, kind),
      ),
      ...(files.length > 0
        ? [
            count(files.length, 'suite file'),
            count(suites.cases.length, 'case'),
            count(suites.requirements.size, 'requirement'),
          ]
        : []),
    ].filter((part) => !/^0 (target|list)/.test(part));
    process.stdout.write(
      mistakes.length > 0
        ? `${count(mistakes.length, 'mistake')} in ${count(wrong, 'file')}\n`
        : `${all.join(', ')}: no mistakes\n`,
    );
    return mistakes.length > 0 ? 2 : 0;
  },
};

/** A file that is no suite. */
interface Other {
  path: string;
  kind: 'target file' | 'list of known failures';
  mistakes: readonly Mistake[];
}

/** Undefined where the path leads to something else. */
function otherAt(path: string): Other | undefined {
  if (!existsSync(path) || !statSync(path).isFile()) return undefined;
  const { raw, mistakes } = readTarget(path);
  const name = basename(path);
  if (Array.isArray(raw) || name === 'known-failing.yaml') {
    const target = join(path, '..', 'target.yaml');
    const beside = existsSync(target) ? readTarget(target).value : undefined;
    return { path, kind: 'list of known failures', mistakes: checkKnownFailing(path, beside).mistakes };
  }
  if (name === 'target.yaml' || (typeof raw === 'object' && raw !== null && 'target' in raw))
    return { path, kind: 'target file', mistakes };
  return undefined;
}

/** What describes targets in a folder of suites, or below it. */
function targetFilesBelow(path: string): string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => besides.includes(basename(name)))
    .map((name) => join(path, name))
    .sort();
}

function count(number: number, word: string): string {
  return `${number} ${number === 1 ? word : word.replace(/^list|\w$/, '$&s')}`;
}
