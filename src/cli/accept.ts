import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import type { RunRecord } from '../record/record.schema.ts';
import { readRecords, writeWhole } from '../record/record-file.ts';
import { type Colours, coloursFor } from '../report/colours.ts';
import { headText } from '../report/failure-text.ts';
import { oneLine, printable } from '../report/printable.ts';
import { type Acceptable, Acceptance } from '../run/accept.ts';
import { readKnownFailing, shortestReason } from '../run/known-failing.ts';
import { KnownFailingText } from '../run/known-failing-text.ts';
import { matchesAny } from '../suite/glob.ts';
import {
  knownFailuresFile,
  loadTarget,
  type TargetDefinition,
  UnknownTargetError,
} from '../target/load-target.ts';
import { type Command, UsageError, type Words } from './command.ts';
import { Questions } from './questions.ts';

const widest = 400;

/** A patch without the heading that only other tools read. */
function patchOf(path: string, before: string, after: string): string {
  const patch = createTwoFilesPatch(path, path, before, after, undefined, undefined, { context: 2 });
  return printable(patch.slice(patch.indexOf('--- ')).trimEnd());
}

export const accept: Command = {
  name: 'accept',
  takes: '[RECORD]',
  most: 1,
  summary:
    'Writes down which failures of a record are known, each with its reason, and takes off what passes now',
  options: {
    target: {
      type: 'string',
      short: 't',
      multiple: true,
      value: 'TARGET',
      help: 'The target of the record, where its name alone does not lead to its file',
    },
    only: { type: 'string', multiple: true, value: 'GLOB', help: 'Of what fails, these cases' },
    reason: { type: 'string', value: 'TEXT', help: 'The reason of all of them, instead of asking for each' },
    flaky: { type: 'boolean', help: 'Also cases that passed when they were played again, as intermittent' },
    strict: { type: 'boolean', help: 'Warnings too' },
    'dry-run': { type: 'boolean', help: 'Show what would be changed, and change nothing' },
  },
  examples: [
    'touchstone accept',
    'touchstone accept --only "rfc6455/utf8/**" --reason "RFC 6455 section 8.1: no check of UTF-8, issue 12" --dry-run',
  ],
  async run(words) {
    const { records } = await readRecords(resolve(words.positionals[0] ?? 'touchstone-report'));
    const named = words.list('target').map(loadTarget);
    const files = new Map(records.map(({ target }) => [target.name, target.file]));
    const targets = [...files].map(([name, file]) => definitionOf(name, file, named));
    for (const one of targets) readKnownFailing(one);
    const reasonFor = reasonsOf(words);
    const changes = new Map<string, Change>();
    try {
      for (const definition of targets) {
        const own = records.filter(({ target }) => target.name === definition.settings.target);
        const change = changeOf(definition, changes);
        await update(own, { definition, change, words, reasonFor });
      }
    } finally {
      reasonFor.close();
    }
    await finish([...changes.values()], words.flag('dry-run'));
    return 0;
  },
};

/** A file that is changed. */
interface Change {
  file: string;
  before: string | undefined;
  text: KnownFailingText;
  told: string[];
}

interface Reasons {
  (one: Acceptable, last: string | undefined): Promise<string | undefined>;
  close(): void;
}

interface Update {
  definition: TargetDefinition;
  change: Change;
  words: Words;
  reasonFor: Reasons;
}

/** Throws `UsageError` where neither the name of a target nor what the record says of its file leads to it. */
function definitionOf(
  name: string,
  file: string | undefined,
  named: readonly TargetDefinition[],
): TargetDefinition {
  const given = named.find(({ settings }) => settings.target === name);
  if (given) return given;
  const [, variant] = /(@[^@]+)$/.exec(name) ?? [];
  // The file is where it was when the run began, seen from there: that may be another place by now.
  for (const asked of [...(file === undefined ? [] : [file]), name, `./target.yaml${variant ?? ''}`])
    try {
      const definition = loadTarget(asked);
      if (definition.settings.target === name) return definition;
    } catch (error) {
      if (!(error instanceof UnknownTargetError)) throw error;
    }
  throw new UsageError(
    `the record is of the target ${oneLine(name, 80)}, and there is none of that name here; say where its file is: --target ./target.yaml`,
  );
}

function changeOf(definition: TargetDefinition, files: Map<string, Change>): Change {
  const file = knownFailuresFile(definition);
  if (file === undefined)
    throw new UsageError('the embedded server is to fail nothing: it has no list of known failures');
  const known = files.get(file);
  if (known) return known;
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const change = { file, before, text: new KnownFailingText(before), told: [] };
  files.set(file, change);
  return change;
}

async function update(
  records: readonly RunRecord[],
  { definition, change, words, reasonFor }: Update,
): Promise<void> {
  const { text, told } = change;
  const acceptance = new Acceptance(definition, records, words.flag('strict'));
  for (const { case: id, stays } of acceptance.mend(text))
    told.push(
      stays === undefined ? `- ${id} passes, or is no case` : `  ${id} passes and stays listed: ${stays}`,
    );
  const only = words.list('only');
  const groups = new Map<string, Acceptable[]>();
  let last: string | undefined;
  for (const one of acceptance.unlisted(text, words.flag('flaky'))) {
    const { id } = one.result;
    if (only.length > 0 && !matchesAny(id, only)) continue;
    const obstacle = acceptance.obstacleTo(id);
    if (obstacle !== undefined) {
      told.push(`  ${id} cannot be listed: ${obstacle}`);
      continue;
    }
    const reason = await reasonFor(one, last);
    if (reason === undefined) {
      told.push(`  ${id} is not listed`);
      continue;
    }
    last = reason;
    groups.set(reason, [...(groups.get(reason) ?? []), one]);
    told.push(`+ ${id}${one.intermittent ? ', intermittent' : ''}`);
  }
  for (const [reason, ones] of groups) acceptance.list(text, ones, reason);
}

/** Gives every case a reason: that of the words, or the one that a person gives. */
function reasonsOf(words: Words): Reasons {
  const given = words.text('reason');
  const wrong = given === undefined ? undefined : mistakeOf(given);
  if (wrong !== undefined) throw new UsageError(`--reason: ${wrong}`);
  if (given !== undefined) return Object.assign(async () => given, { close: () => {} });
  let questions: Questions | undefined;
  const colours = coloursFor(process.stdout);
  const ask = async (one: Acceptable, last: string | undefined) => {
    if (process.stdin.isTTY !== true)
      throw new UsageError(
        `${one.result.id} fails and is not listed: each such case needs a reason; \`touchstone accept\` asks for them at a terminal, \`--reason TEXT\` gives one to all, or to those of --only`,
      );
    questions ??= new Questions();
    return askFor(one, last, { questions, colours });
  };
  return Object.assign(ask, { close: () => questions?.close() });
}

/** `=` repeats the reason before, `-` leaves the case out. */
export async function askFor(
  { result }: Acceptable,
  last: string | undefined,
  { questions, colours, write = (text) => void process.stdout.write(text) }: Asking,
): Promise<string | undefined> {
  const message = result.failure ? [`  ${oneLine(result.failure.message, widest)}`] : [];
  write(`\n${[...headText(result, colours), ...message].join('\n')}\n`);
  const ways = last === undefined ? '- leaves it out' : '= as before, - leaves it out';
  const answer = await questions.ask(`Why does the server fail it? [${ways}]`, {
    refuse: (said) => (said === '-' || (said === '=' && last !== undefined) ? undefined : mistakeOf(said)),
  });
  if (answer === '-') return undefined;
  return answer === '=' ? last : answer;
}

interface Asking {
  questions: Questions;
  colours: Colours;
  write?: (text: string) => void;
}

function mistakeOf(reason: string): string | undefined {
  if (reason.trim().length >= shortestReason) return undefined;
  return `a reason has at least ${shortestReason} characters: which section is broken, and what the server does instead`;
}

async function finish(changes: readonly Change[], isDry: boolean): Promise<void> {
  for (const { file, before, text, told } of changes) {
    const after = text.toString();
    const path = relative(process.cwd(), file) || file;
    const isChanged = before === undefined ? text.entries.length > 0 : after !== before;
    const lines = told.map((line) => oneLine(line, widest).replace(/^(?![+-] )/, '  '));
    if (isDry && isChanged) lines.push(patchOf(path, before ?? '', after));
    else if (isChanged) await writeWhole(file, after);
    const end = isChanged ? (isDry ? `${path} would be changed` : `wrote ${path}`) : `${path} stays as it is`;
    process.stdout.write(`${[...lines, end].join('\n')}\n`);
  }
}
