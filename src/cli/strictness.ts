import { type Verdict, verdicts } from '../record/record.schema.ts';
import type { Strictness } from '../record/summary.ts';
import { type Option, UsageError, type Words } from './command.ts';

/** What fails a run, beside a MUST that is broken. */
export const strictnessOptions = {
  strict: { type: 'boolean', help: 'A warning fails the run too' },
  'fail-on': {
    type: 'string',
    multiple: true,
    value: 'VERDICT',
    help: 'Further verdicts that fail the run: unsupported, flaky',
  },
} as const satisfies Record<string, Option>;

/** Throws `UsageError` for a word that is no verdict. */
export function strictnessOf(words: Words): Strictness {
  const failOn = words.list('fail-on').map((text): Verdict => {
    const verdict = verdicts.find((one) => one === text);
    if (verdict) return verdict;
    throw new UsageError(`--fail-on takes ${verdicts.join(', ')}, not ${text}`);
  });
  return { strict: words.flag('strict'), failOn };
}
