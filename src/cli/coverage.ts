import { coverageOf } from '../suite/coverage.ts';
import type { Command } from './command.ts';
import { suitesOf, suitesOption } from './selection-options.ts';

export const coverage: Command = {
  name: 'coverage',
  summary: 'Shows per specification how many requirements the cases cover, and which they do not',
  options: {
    suites: suitesOption,
    summary: { type: 'boolean', help: 'Only the figures, without the uncovered requirements' },
  },
  async run(words) {
    const suites = await suitesOf(words);
    const rows = coverageOf(suites.catalogues, suites.cases);
    const width = Math.max(...rows.map((row) => row.catalogue.specification.length));
    const line = (name: string, ...cells: (string | number)[]) =>
      process.stdout.write(
        `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(10)).join('')}\n`,
      );
    line('', 'covered', 'testable', 'all');
    for (const row of rows) line(row.catalogue.specification, row.covered, row.testable, row.all);
    if (words.flag('summary')) return 0;
    for (const { catalogue, uncovered } of rows) {
      if (uncovered.length === 0) continue;
      process.stdout.write(`\n${catalogue.specification}: ${uncovered.length} not covered\n`);
      for (const one of uncovered)
        process.stdout.write(`  ${one.level.padEnd(6)}  ${one.id}\n          ${one.summary}\n`);
    }
    return 0;
  },
};
