import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { byPosition, InvalidFileError, type Mistake } from '../target/yaml-document.ts';
import type { Case } from './case.ts';
import { type Catalogue, type Requirement, readCatalogue } from './catalogue.ts';
import { canMatchBelow } from './glob.ts';
import { peerCaseIds } from './peers.ts';
import { readSuite } from './read-suite.ts';

/** Everything that is demanded: the cases of all suite files, and what the specifications ask for. */
export interface Suites {
  cases: Case[];
  catalogues: Catalogue[];
  requirements: Map<string, Requirement>;
  /** What they were read from. */
  folders: readonly string[];
  /** These are all the suites that come with Touchstone, but for those that were not read. */
  whole: boolean;
  /** Names of suites whose files were not read, since no case of theirs was asked for. */
  unread: readonly string[];
  /** SHA-256 over all suite files, catalogues and fixtures: two runs with the same digest asked the same. */
  digest: string;
}

/** The suites that come with Touchstone. */
export const ownSuites = fileURLToPath(new URL('../../suites', import.meta.url));
/** The payloads that cases name. */
export const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));

/**
 * Reads every `*.yaml` below the folders, but for what describes targets: catalogues (`requirements.yaml`) first, then
 * suites. Collects the
 * mistakes of all files before it throws `InvalidFileError`. Of the suites that come along, files whose cases none of
 * the globs in `only` can name are not read: that takes most of the time of a short run. Where a glob names no such
 * file (it is misspelt, or means a peer's cases), all are.
 */
export async function loadSuites(
  folders: readonly string[] = [ownSuites],
  only: readonly string[] = [],
): Promise<Suites> {
  const { suites, mistakes } = await checkSuites(folders, only);
  if (mistakes.length > 0) throw new InvalidFileError(mistakes);
  return suites;
}

/** As `loadSuites`, but returns the mistakes beside what could be read. */
export async function checkSuites(
  folders: readonly string[] = [ownSuites],
  only: readonly string[] = [],
): Promise<{ suites: Suites; mistakes: Mistake[]; files: string[] }> {
  const mistakes: Mistake[] = [];
  const files: string[] = [];
  for (const folder of folders) {
    const found = existsSync(folder) ? await yamlFilesBelow(folder) : [];
    files.push(...found);
    const text = existsSync(folder) ? 'there is no *.yaml in this folder' : 'there is no such file or folder';
    if (found.length === 0) mistakes.push({ file: folder, line: 1, column: 1, sourceLine: '', text });
  }
  const isCatalogue = (file: string) => file.endsWith('requirements.yaml');
  const own = folders.includes(ownSuites) ? [] : (await yamlFilesBelow(ownSuites)).filter(isCatalogue);
  const catalogues = [...own, ...files.filter(isCatalogue)].map((file) => readCatalogue(file, mistakes));
  const requirements = new Map(
    catalogues.flatMap((catalogue) => catalogue.requirements.map((one) => [one.id, one] as const)),
  );
  const cases: Case[] = [];
  const taken = new Map<string, string>();
  const shelf = { catalogues, requirements, peerCases: peerCaseIds(), mistakes, taken };
  const suiteFiles = files.filter((one) => !isCatalogue(one));
  const wanted = namedBy(only, suiteFiles);
  for (const file of wanted) cases.push(...readSuite(file, shelf));
  const whole = folders.includes(ownSuites);
  const unread = suiteFiles.filter((file) => !wanted.includes(file)).map(nameOf);
  const payloads = (await readdir(fixtures, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(fixtures, entry.name));
  const digest = digestOf([...files, ...payloads]);
  return {
    suites: { cases, catalogues, requirements, folders, whole, unread, digest },
    mistakes: mistakes.toSorted(byPosition),
    files,
  };
}

/** The files that can hold cases which the globs name. */
function namedBy(only: readonly string[], files: readonly string[]): readonly string[] {
  const filesOf = (glob: string) =>
    files.filter((file) => !file.startsWith(ownSuites) || canMatchBelow(nameOf(file), glob));
  const named = only.map(filesOf);
  if (named.length === 0 || named.some((those) => those.length === 0)) return files;
  return files.filter((file) => named.some((those) => those.includes(file)));
}

/** A suite that comes along has the name of its folder and its file: `rfc6121/roster`. */
function nameOf(file: string): string {
  return file
    .replace(/\.yaml$/, '')
    .split(sep)
    .slice(-2)
    .join('/');
}

/** A target, and what it is known to fail, may lie in the same folder as suites. */
export const besides: readonly string[] = ['target.yaml', 'known-failing.yaml'];

async function yamlFilesBelow(folder: string): Promise<string[]> {
  if ((await stat(folder)).isFile()) return [folder];
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith('.yaml') && !besides.includes(basename(name)))
    .sort()
    .map((name) => join(folder, name));
}

function digestOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of [...files].sort()) hash.update(readFileSync(file)).update('\0');
  return `sha256:${hash.digest('hex')}`;
}
