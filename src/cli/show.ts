import { resolve } from 'node:path';
import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import { readRecords } from '../record/record-file.ts';
import { isKnownFailure } from '../record/summary.ts';
import { caseText, pendingText } from '../report/case-text.ts';
import { type Colours, coloursFor } from '../report/colours.ts';
import { verdictWord } from '../report/failure-text.ts';
import { oneLine } from '../report/printable.ts';
import { matchesAny } from '../suite/glob.ts';
import { suggest } from '../target/mistake.ts';
import { type Command, UsageError } from './command.ts';

/** A case of a record, whether or not it was played. */
interface Found {
  id: string;
  record: RunRecord;
  /** Absent where the run ended before the case. */
  result?: CaseResult;
}

export const show: Command = {
  name: 'show',
  takes: '[CASE]',
  most: 1,
  summary: 'Shows a case of a record: why it failed, and all that passed on the wire',
  options: {
    record: {
      type: 'string',
      short: 'r',
      value: 'RECORD',
      help: 'A record, or the folder that holds one; default: touchstone-report',
    },
    target: {
      type: 'string',
      short: 't',
      multiple: true,
      value: 'TARGET',
      help: 'Of several targets in the record, this one',
    },
    all: { type: 'boolean', help: 'Every case that the glob names in full, instead of a list of them' },
  },
  examples: [
    'touchstone show rfc6121/roster/set-is-pushed',
    'touchstone show "xep-0198/**" --record ci/record.json --all',
  ],
  async run(words) {
    const colours = coloursFor(process.stdout);
    const { records } = await readRecords(resolve(words.text('record') ?? 'touchstone-report'));
    const all = ofTargets(records, words.list('target')).flatMap(casesOf);
    const [asked] = words.positionals;
    const found = asked === undefined ? all.filter(isWorthAWord) : named(asked, all);
    const isOne = new Set(found.map(({ id }) => id)).size === 1;
    const lines =
      asked !== undefined && (isOne || words.flag('all'))
        ? found.flatMap((one, index) => [...(index > 0 ? ['', ''] : []), ...textOf(one, colours)])
        : listOf(found, colours);
    process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  },
};

function ofTargets(records: readonly RunRecord[], names: readonly string[]): readonly RunRecord[] {
  const known = records.map(({ target }) => target.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`the record holds no target ${unknown}; ${suggest(unknown, [...new Set(known)])}`);
  return names.length === 0 ? records : records.filter(({ target }) => names.includes(target.name));
}

function casesOf(record: RunRecord): Found[] {
  return [
    ...record.cases.map((result) => ({ id: result.id, record, result })),
    ...(record.pending ?? []).map((id) => ({ id, record })),
  ];
}

/** What is listed where no case is named. */
function isWorthAWord({ result }: Found): boolean {
  return result?.verdict !== 'pass' || result.unexpectedPass === true;
}

/** The cases of that id or glob; else those whose id ends with it, or holds it. Throws `UsageError` for none. */
function named(asked: string, all: readonly Found[]): Found[] {
  const ways: ((id: string) => boolean)[] = [
    (id) => id === asked,
    (id) => matchesAny(id, [asked]),
    (id) => matchesAny(id, [`**/${asked}`]),
    (id) => id.includes(asked),
  ];
  for (const fits of ways) {
    const found = all.filter(({ id }) => fits(id));
    if (found.length > 0) return found;
  }
  const ids = [...new Set(all.map(({ id }) => id))];
  const tails = new Map(ids.map((id) => [id.split('/').slice(2).join('/'), id]));
  const hint = suggest(asked, ids) ?? 'it holds no case at all';
  const tail = suggest(asked, [...tails.keys()]) ?? '';
  const better = !hint.startsWith('did') && tail.startsWith('did') ? tail : hint;
  throw new UsageError(`the record holds no case ${oneLine(asked, 200)}; ${better}`);
}

function textOf({ id, record, result }: Found, colours: Colours): string[] {
  return result ? caseText(result, record, colours) : pendingText(id, colours);
}

function listOf(found: readonly Found[], colours: Colours): string[] {
  if (found.length === 0) return ['every case passed; `touchstone show CASE` shows one of them'];
  const targets = new Set(found.map(({ record }) => record.target.name));
  const rows = found.map(({ id, record, result }) => {
    const verdict = result ? verdictWord(result.verdict, colours) : 'PENDING';
    const space = ' '.repeat(Math.max(1, 14 - (result?.verdict ?? 'pending').length));
    const listed = result?.unexpectedPass
      ? ', but listed as failing'
      : result && isKnownFailure(result)
        ? ', known'
        : '';
    const on = targets.size > 1 ? ` on ${oneLine(record.target.name, 60)}` : '';
    return `${verdict}${space}${oneLine(id, 400)}${on || listed ? colours.dim(on + listed) : ''}`;
  });
  return [...rows, '', '`touchstone show CASE` shows one of them in full, `--all` all that a glob names'];
}
