import { faults, operators } from '../reference/faults.ts';
import { select } from '../suite/select.ts';
import type { Command } from './command.ts';
import { selectionOf, selectionOptions, suitesOf } from './selection-options.ts';

export const list: Command = {
  name: 'list',
  summary: 'Lists the cases that a selection leaves',
  options: {
    ...selectionOptions,
    json: { type: 'boolean', help: 'As JSON, with what each case covers, needs and equals' },
    faults: { type: 'boolean', help: 'Instead of cases, the faults that the embedded server can commit' },
  },
  examples: ['touchstone list --spec "RFC 6121" --level MUST'],
  async run(words) {
    if (words.flag('faults')) {
      for (const { name, summary } of [...faults, ...operators])
        process.stdout.write(`${name}\n        ${summary}\n`);
      return 0;
    }
    const suites = await suitesOf(words);
    const cases = select(suites.cases, selectionOf(words));
    if (words.flag('json')) {
      const rows = cases.map((one) => ({
        id: one.id,
        title: one.title,
        suite: one.suite.name,
        level: one.level,
        covers: one.covers.map((requirement) => requirement.id),
        needs: one.needs,
        equals: one.equals,
        file: one.position.file,
        line: one.position.line,
      }));
      process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
      return 0;
    }
    for (const one of cases)
      process.stdout.write(`${one.level.padEnd(6)}  ${one.id}\n        ${one.title}\n`);
    process.stdout.write(`${cases.length} ${cases.length === 1 ? 'case' : 'cases'}\n`);
    return 0;
  },
};
