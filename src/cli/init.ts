import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { writeWhole } from '../record/record-file.ts';
import { targetKinds, targetTemplate } from '../target/init.ts';
import { nearest } from '../target/yaml-document.ts';
import { type Command, UsageError } from './command.ts';

const kinds = Object.keys(targetKinds) as (keyof typeof targetKinds)[];

export const init: Command = {
  name: 'init',
  takes: `[${kinds.join('|')}]`,
  most: 1,
  summary: 'Writes a target file to begin with',
  options: {
    out: { type: 'string', short: 'o', value: 'FILE', help: 'Where it goes; default: target.yaml' },
  },
  examples: ['touchstone init container'],
  async run(words) {
    const [asked = 'external'] = words.positionals;
    const kind = kinds.find((one) => one === asked);
    if (!kind) {
      const meant = nearest(asked, kinds);
      const hint = meant ? `; did you mean ${meant}?` : '';
      throw new UsageError(`a target is one of ${kinds.join(', ')}, not ${asked}${hint}`);
    }
    const file = words.text('out') ?? 'target.yaml';
    if (existsSync(file)) throw new UsageError(`${file} exists already; name another with --out`);
    await writeWhole(resolve(file), targetTemplate(kind));
    const path = isAbsolute(file) || file.startsWith('.') ? file : `./${file}`;
    process.stdout.write(
      `wrote ${file}, ${targetKinds[kind]}\nedit it, then: npx touchstone run --target ${path}\n`,
    );
    return 0;
  },
};
