import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { OtherCatalogueError } from '../import/scansion/catalogue-text.ts';
import { type ImportPlan, planImport, type ScriptOutcome } from '../import/scansion/import-scripts.ts';
import { writeWhole } from '../record/record-file.ts';
import { printable } from '../report/printable.ts';
import { checkSuites } from '../suite/load-suites.ts';
import { formatMistake, nearest } from '../target/yaml-document.ts';
import { type Command, UsageError, type Words } from './command.ts';
import { exitCodes } from './exit-codes.ts';

const languages = ['scansion'];

const defaultFolder = 'imported';
const defaultName = 'scripts';

export const importing: Command = {
  name: 'import',
  takes: 'scansion FILE|FOLDER ...',
  summary:
    'Turns scripts of another suite (Scansion: *.scs) into suite files, and says what it cannot carry over',
  options: {
    out: {
      type: 'string',
      short: 'o',
      value: 'DIR',
      help: `Where the suites go, in a folder of their own; default: ${defaultFolder}`,
    },
    suite: {
      type: 'string',
      value: 'NAME',
      help: `What that folder and the suite in it are called; default: ${defaultName}`,
    },
    exact: {
      type: 'boolean',
      help: 'Let no stanza come that a script does not name; Scansion overlooks some',
    },
    replace: { type: 'boolean', help: 'Replace what an earlier import has written' },
  },
  examples: ['touchstone import scansion spec/scansion --suite my-server'],
  async run(words) {
    const paths = pathsOf(words);
    const out = words.text('out') ?? defaultFolder;
    const plan = planned(paths, out, words);
    if (plan.outcomes.length === 0) throw new UsageError(`there is no *.scs in ${paths.join(', ')}`);
    checkFree(plan, words.flag('replace'));
    for (const mistake of plan.mistakes) process.stderr.write(`${formatMistake(mistake)}\n\n`);
    await write(plan);
    process.stdout.write(report(plan, out));
    return plan.mistakes.length > 0 ? exitCodes.usage : exitCodes.conformant;
  },
};

function pathsOf(words: Words): string[] {
  const [language, ...paths] = words.positionals;
  if (language === undefined || !languages.includes(language)) {
    const meant = nearest(language ?? '', languages);
    const hint = meant === undefined ? `${languages.join(', ')} can be imported` : `did you mean ${meant}?`;
    const what =
      language === undefined ? 'say first what is to be imported' : `${language} cannot be imported`;
    throw new UsageError(`${what}; ${hint}`);
  }
  if (paths.length === 0) throw new UsageError('name the scripts, or the folders that hold them');
  return paths;
}

function planned(paths: readonly string[], out: string, words: Words): ImportPlan {
  const name = words.text('suite') ?? defaultName;
  if (!/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(name))
    throw new UsageError(`--suite takes a name in kebab-case, such as my-server, not ${name}`);
  try {
    return planImport({ paths, out, name, exact: words.flag('exact') });
  } catch (error) {
    if (!(error instanceof OtherCatalogueError)) throw error;
    throw new UsageError(`${out}/${name} is taken: ${error.message}; name another with --suite or --out`);
  }
}

function checkFree(plan: ImportPlan, replace: boolean): void {
  const taken = replace ? [] : [...plan.suites.keys()].filter((file) => existsSync(file));
  const [first] = taken;
  if (first === undefined) return;
  const others = taken.length > 1 ? ` and ${taken.length - 1} more` : '';
  throw new UsageError(`${first}${others} exists already; nothing was written; --replace writes it anew`);
}

/** Writes the suites and their catalogue, and has them read as any suite is: they must be without mistakes. */
async function write({ suites, catalogue }: ImportPlan): Promise<void> {
  if (suites.size === 0) return;
  const files = [catalogue.file, ...suites.keys()];
  await writeWhole(resolve(catalogue.file), catalogue.text);
  for (const [file, text] of suites) await writeWhole(resolve(file), text);
  const { mistakes } = await checkSuites(files.map((file) => resolve(file)));
  if (mistakes.length === 0) return;
  throw new Error(`what was written is not sound:\n${mistakes.map(formatMistake).join('\n')}`);
}

function report(plan: ImportPlan, out: string): string {
  const count = (kind: ScriptOutcome['kind']) => plan.outcomes.filter((one) => one.kind === kind).length;
  const lines = plan.outcomes.flatMap(outcomeLines);
  const parts = [
    `${count('whole')} of ${plan.outcomes.length} ${plan.outcomes.length === 1 ? 'script' : 'scripts'} carried over whole`,
    ...(count('part') > 0 ? [`${count('part')} in part`] : []),
    ...(count('left out') > 0 ? [`${count('left out')} left out`] : []),
    ...(count('mistaken') > 0 ? [`${count('mistaken')} not read`] : []),
  ];
  lines.push('', parts.join(', '));
  if (plan.suites.size > 0) {
    const folder = relative('', plan.catalogue.file).replace(/requirements\.yaml$/, '');
    const files = plan.suites.size === 1 ? 'a suite file' : `${plan.suites.size} suite files`;
    lines.push(`wrote ${files} and requirements.yaml into ${folder}`);
    lines.push(`play them: npx touchstone run --suites ${out}`);
  }
  return `${lines.map(printable).join('\n')}\n`;
}

function outcomeLines({ path, kind, loss, remarks }: ScriptOutcome): string[] {
  const notes = remarks.map((remark) => `    note: ${remark}`);
  const where = loss ? `    ${path}:${loss.line}:${loss.column}: ${loss.reason}` : '';
  switch (kind) {
    case 'whole':
      return [`${path}: carried over`, ...notes];
    case 'part':
      return [`${path}: carried over without what stands from line ${loss?.from} on`, where, ...notes];
    case 'left out':
      return [`${path}: left out, since what can be carried over asks the server for nothing`, where];
    case 'mistaken':
      return [`${path}: not read, for its mistakes`];
  }
}
