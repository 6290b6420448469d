import { resolve } from 'node:path';
import { compareRecords } from '../record/compare.ts';
import { readRecords } from '../record/record-file.ts';
import type { RecordSet } from '../record/record-set.ts';
import { coloursFor } from '../report/colours.ts';
import { type Comparison, comparisonMarkdown, comparisonText } from '../report/comparison.ts';
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
    const comparisons = pairsOf(...sets).map(
      ([one, other]): Comparison => ({
        earlier: one,
        later: other,
        differences: compareRecords(one, other, strictness),
      }),
    );
    const texts = words.flag('markdown')
      ? comparisons.map(comparisonMarkdown)
      : comparisons.map((one) => `${comparisonText(one, coloursFor(process.stdout)).join('\n')}\n`);
    process.stdout.write(texts.join('\n'));
    const isWorse = comparisons.some(({ differences }) =>
      differences.some(({ change }) => change === 'newly broken'),
    );
    return isWorse ? exitCodes.notConformant : exitCodes.conformant;
  },
};

type Records = RecordSet['records'];

/** Two records, whatever they are of; of several targets, those of the same name. Throws `UsageError` for none. */
function pairsOf({ records: earlier }: RecordSet, { records: later }: RecordSet): [Records[0], Records[0]][] {
  const [one, other] = [earlier[0], later[0]];
  if (one && other && earlier.length === 1 && later.length === 1) return [[one, other]];
  const pairs = later.flatMap((record): [Records[0], Records[0]][] => {
    const { name } = record.target;
    const same = earlier.find(({ target, round }) => target.name === name && round === record.round);
    return same ? [[same, record]] : [];
  });
  if (pairs.length > 0) return pairs;
  throw new UsageError('the two records have no target in common');
}
