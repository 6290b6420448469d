import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { writeWhole } from '../record/record-file.ts';
import { targetKinds, targetTemplate } from '../target/init.ts';
import { mistakeInWhere, targetFor, whereQuestions } from '../target/init-answers.ts';
import { nearest } from '../target/yaml-document.ts';
import { type Command, UsageError } from './command.ts';
import { Questions } from './questions.ts';

const kinds = Object.keys(targetKinds) as (keyof typeof targetKinds)[];

export const init: Command = {
  name: 'init',
  takes: `[${kinds.join('|')}]`,
  most: 1,
  summary: 'Writes a target file to begin with; at a terminal it asks what for, where nothing is said',
  options: {
    out: { type: 'string', short: 'o', value: 'FILE', help: 'Where it goes; default: target.yaml' },
  },
  examples: ['touchstone init container'],
  async run(words) {
    const file = words.text('out') ?? 'target.yaml';
    if (existsSync(file)) throw new UsageError(`${file} exists already; name another with --out`);
    const path = isAbsolute(file) || file.startsWith('.') ? file : `./${file}`;
    if (words.positionals.length === 0 && process.stdin.isTTY === true) {
      const questions = new Questions();
      const text = await askForTarget(questions).finally(() => questions.close());
      await writeWhole(resolve(file), text);
      process.stdout.write(
        `wrote ${file}\nfirst: npx touchstone doctor --target ${path}\nthen: npx touchstone run --target ${path}\n`,
      );
      return 0;
    }
    const [asked = 'external'] = words.positionals;
    const kind = kinds.find((one) => one === asked);
    if (!kind) {
      const meant = nearest(asked, kinds);
      const hint = meant ? `; did you mean ${meant}?` : '';
      throw new UsageError(`a target is one of ${kinds.join(', ')}, not ${asked}${hint}`);
    }
    await writeWhole(resolve(file), targetTemplate(kind));
    const others = kinds.filter((one) => one !== kind).join(', ');
    const unasked =
      words.positionals.length > 0
        ? ''
        : `; there is no terminal to ask at: \`touchstone init KIND\` writes another (${others})`;
    process.stdout.write(
      `wrote ${file}, ${targetKinds[kind]}${unasked}\nedit it, then: npx touchstone doctor --target ${path}\nand: npx touchstone run --target ${path}\n`,
    );
    return 0;
  },
};

/** Asks three questions, and makes a target file of the answers. Throws `UnansweredError`. */
export async function askForTarget(questions: Questions): Promise<string> {
  const kind = await questions.choose('Where does the server come from?', [
    { name: 'container', help: targetKinds.container },
    { name: 'process', help: targetKinds.process },
    { name: 'external', help: targetKinds.external },
  ]);
  const protocol = await questions.choose('What does it speak?', [
    { name: 'xmpp', help: 'XMPP over TCP' },
    { name: 'websocket', help: 'WebSocket' },
    { name: 'websocket-echo', help: 'WebSocket, and it sends every message back: most cases need that' },
  ]);
  const { question, otherwise } = whereQuestions[kind];
  const where = await questions.ask(question, { otherwise, refuse: (said) => mistakeInWhere(kind, said) });
  return targetFor({ kind, protocol, where });
}
