import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeWhole } from '../record/record-file.ts';
import { targetKinds, targetTemplate } from '../target/init.ts';
import { nearest } from '../target/yaml-document.ts';
import { type Command, UsageError } from './command.ts';

const kinds = Object.keys(targetKinds) as (keyof typeof targetKinds)[];

export const init: Command = {
  name: 'init',
  takes: `[${kinds.join('|')}]`,
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
    const file = resolve(words.text('out') ?? 'target.yaml');
    if (existsSync(file)) throw new UsageError(`${file} exists; name another with --out`);
    await writeWhole(file, targetTemplate(kind));
    process.stdout.write(`wrote ${file}\nedit it, then: touchstone run --target ${file}\n`);
    return 0;
  },
};
