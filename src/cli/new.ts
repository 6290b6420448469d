import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { writeWhole } from '../record/record-file.ts';
import type { Catalogue } from '../suite/catalogue.ts';
import { checkSuites, ownSuites } from '../suite/load-suites.ts';
import {
  catalogueFor,
  firstOf,
  type NewCase,
  suiteWith,
  usualVocabulary,
  vocabulariesOfSkeletons,
  withCase,
} from '../suite/skeleton.ts';
import { suggest } from '../target/mistake.ts';
import { type Command, UsageError } from './command.ts';

const usualFolder = 'my-suites';

export const newCase: Command = {
  name: 'new',
  takes: 'case SUITE/ID',
  most: 2,
  summary: 'Writes a case to begin with: into the file of its suite, or into a new one',
  options: {
    suites: {
      type: 'string',
      value: 'DIR',
      help: `The folder of your suites; default: ${usualFolder}`,
    },
    uses: {
      type: 'string',
      value: 'WORDS',
      help: `For a new suite, the words that it uses: ${vocabulariesOfSkeletons.join(', ')}; default: by its name`,
    },
  },
  examples: [
    'touchstone new case rfc6121/routing/to-full-address',
    'touchstone new case my-server/rooms/join --uses xmpp',
  ],
  async run(words) {
    const [kind, name = ''] = words.positionals;
    if (kind !== 'case')
      throw new UsageError('`touchstone new` makes a case: `touchstone new case SUITE/ID`');
    const asked = nameOf(name);
    const uses = words.text('uses') ?? usualVocabulary(asked.suite);
    if (!vocabulariesOfSkeletons.includes(uses))
      throw new UsageError(`there are no such words as ${uses}; ${suggest(uses, vocabulariesOfSkeletons)}`);
    const folder = resolve(words.text('suites') ?? usualFolder);
    const there = fileOfSuite(asked.suite, folder);
    const file = there ?? join(folder, `${asked.suite}.yaml`);
    if (there) await append(there, asked);
    else await begin(file, folder, asked, uses);
    const [path, own] = [file, folder].map((one) => relative(process.cwd(), one) || '.');
    const line =
      readFileSync(file, 'utf8')
        .split('\n')
        .findIndex((text) => text.trim() === `- id: ${asked.id}`) + 1;
    const suites = there?.startsWith(ownSuites) ? '' : ` --suites ${own}`;
    process.stdout.write(
      `wrote ${path}:${line}; say what it covers and what happens: \`npx touchstone verbs\` has every verb\nthen: npx touchstone check ${path} && npx touchstone prove${suites} --only "${name}"\n`,
    );
    return 0;
  },
};

const segment = '[a-z0-9]+(?:[.-][a-z0-9]+)*';

function nameOf(name: string): NewCase {
  const [, suite, id] = new RegExp(`^(${segment}(?:/${segment})+)/(${segment})$`).exec(name) ?? [];
  if (suite !== undefined && id !== undefined) return { suite, id };
  throw new UsageError(
    `a case is called by its suite and its id, in lower case: rfc6121/routing/to-full-address, not ${name || 'nothing'}`,
  );
}

/** The file of a suite, among those of the user and, in a checkout of Touchstone, among those that come along. */
function fileOfSuite(suite: string, folder: string): string | undefined {
  const isCheckout = `${ownSuites}${sep}`.startsWith(`${process.cwd()}${sep}`);
  const folders = [folder, ...(isCheckout ? [ownSuites] : [])].filter((one) => existsSync(one));
  const files = folders.flatMap((one) =>
    readdirSync(one, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.yaml'))
      .map((path) => join(one, path)),
  );
  return files.find((file) => /^suite:\s*["']?([^\s"']+)/m.exec(readFileSync(file, 'utf8'))?.[1] === suite);
}

async function append(file: string, asked: NewCase): Promise<void> {
  const text = readFileSync(file, 'utf8');
  const path = relative(process.cwd(), file);
  const line = text
    .split('\n')
    .findIndex((one) =>
      new RegExp(`^\\s*- id: *["']?${asked.id.replaceAll('.', '\\.')}["']?\\s*$`).test(one),
    );
  if (line >= 0) throw new UsageError(`the case is there already: ${path}:${line + 1}`);
  const more = withCase(text, asked);
  if (more === undefined)
    throw new UsageError(`nothing can be put behind the cases of ${path}: write the case by hand`);
  await writeWhole(file, more);
}

async function begin(file: string, folder: string, asked: NewCase, uses: string): Promise<void> {
  if (existsSync(file))
    throw new UsageError(`${relative(process.cwd(), file)} is there, and holds another suite`);
  const { suites } = await checkSuites(existsSync(folder) ? [folder] : []);
  const [first = ''] = asked.suite.split('/');
  const known = catalogueOf(first, suites.catalogues);
  if (!known) await writeWhole(join(folder, first, 'requirements.yaml'), catalogueFor(first));
  await writeWhole(
    file,
    suiteWith(asked, uses, known ?? { specification: first, covers: `${first}/1-first` }),
  );
}

function catalogueOf(name: string, catalogues: readonly Catalogue[]) {
  const catalogue = catalogues.find((one) => one.name === name);
  return catalogue && firstOf(catalogue);
}
