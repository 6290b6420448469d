import { resolve } from 'node:path';
import { compareRecords, pairsOf } from '../record/compare.ts';
import { readRecords } from '../record/record-file.ts';
import { coloursFor } from '../report/colours.ts';
import { aloneText, type Comparison, comparisonMarkdown, comparisonText } from '../report/comparison.ts';
import { markdownText } from '../report/markdown.ts';
import { oneLine } from '../report/printable.ts';
import { type Command, UsageError } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { strictnessOf, strictnessOptions } from './strictness.ts';

export const compare: Command = {
  name: 'compare',
  takes: 'EARLIER LATER',
  most: 2,
  summary:
    'Tells what became better or worse from one record to another; exits with 1 for what is newly broken',
  options: {
    markdown: { type: 'boolean', help: 'As Markdown, for a pull request' },
    ...strictnessOptions,
  },
  examples: ['touchstone compare main/record.json touchstone-report --markdown'],
  async run(words) {
    const [earlier, later] = words.positionals;
    if (earlier === undefined || later === undefined)
      throw new UsageError('`touchstone compare` takes two records: the earlier one, then the later');
    const sets = [await readRecords(resolve(earlier)), await readRecords(resolve(later))] as const;
    const strictness = strictnessOf(words);
    const { pairs, alone } = pairsOf(...sets);
    if (pairs.length === 0) throw new UsageError('the two records have no target in common');
    const comparisons = pairs.map(
      ([one, other]): Comparison => ({
        earlier: one,
        later: other,
        differences: compareRecords(one, other, strictness),
      }),
    );
    const colours = coloursFor(process.stdout);
    const isMarkdown = words.flag('markdown');
    const texts = [
      ...comparisons.map((one) =>
        isMarkdown ? comparisonMarkdown(one) : `${comparisonText(one, colours).join('\n')}\n`,
      ),
      ...alone
        .map(aloneText)
        .map((text) =>
          isMarkdown ? `⚠️ ${markdownText(text)}\n` : `${colours.yellow(oneLine(text, 400))}\n`,
        ),
    ];
    process.stdout.write(texts.join('\n'));
    const isWorse = comparisons.some(({ differences }) =>
      differences.some(({ change }) => change === 'newly broken'),
    );
    // A server that was played and can no longer be is worse than any one case.
    const isLost = alone.some(({ reason }) => reason !== undefined);
    return isWorse || isLost ? exitCodes.notConformant : exitCodes.conformant;
  },
};
