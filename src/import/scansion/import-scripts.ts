import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { Mistake } from '../../target/mistake.ts';
import { catalogueText, type ImportedRequirement } from './catalogue-text.ts';
import { type ConvertOptions, convert, type Loss } from './convert.ts';
import { readScript } from './read-script.ts';
import type { Script } from './script.ts';
import { type Imported, suiteText } from './write-suite.ts';

export interface ImportOptions extends ConvertOptions {
  /** Files, and folders with `*.scs` below them. */
  paths: readonly string[];
  /** The folder that gets a folder for the suite. */
  out: string;
  /** What the suite is called: `prosody`. */
  name: string;
}

/** What became of one script. */
export interface ScriptOutcome {
  /** As the user would write it. */
  path: string;
  kind: 'whole' | 'part' | 'left out' | 'mistaken';
  /** Why it is not whole. */
  loss?: Loss;
  remarks: readonly string[];
}

/** What an import would write; nothing is written yet. */
export interface ImportPlan {
  outcomes: ScriptOutcome[];
  mistakes: Mistake[];
  /** Suite files by path. */
  suites: Map<string, string>;
  catalogue: { file: string; text: string };
}

interface ScriptFile {
  path: string;
  /** As suites name it: below the folder that was asked for. */
  section: string;
}

/** Reads scripts and makes suites of them. Throws `OtherCatalogueError` where the place is taken by another catalogue. */
export function planImport(options: ImportOptions): ImportPlan {
  const importer = new Importer(options);
  for (const file of options.paths.flatMap(scriptsAt)) importer.add(file);
  return importer.plan();
}

/** The scripts that a path leads to. */
function scriptsAt(path: string): ScriptFile[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [{ path, section: basename(path) }];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.scs'))
    .sort()
    .map((name) => ({ path: join(path, name), section: name.replaceAll('\\', '/') }));
}

class Importer {
  readonly #options: ImportOptions;
  readonly #outcomes: ScriptOutcome[] = [];
  readonly #mistakes: Mistake[] = [];
  readonly #suites = new Map<string, string>();
  readonly #requirements: ImportedRequirement[] = [];
  readonly #ids = new Set<string>();

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  get #specification(): string {
    return `Scansion: ${this.#options.name}`;
  }

  get #folder(): string {
    return join(this.#options.out, this.#options.name);
  }

  add({ path, section }: ScriptFile): void {
    const mistakes: Mistake[] = [];
    const script = readScript(path, mistakes);
    const converted = script && convert(script, this.#options, mistakes);
    this.#mistakes.push(...mistakes);
    if (!converted || mistakes.length > 0) {
      this.#outcomes.push({ path, kind: 'mistaken', remarks: [] });
      return;
    }
    const id = this.#newId(section);
    const title = titleOf(script, section);
    this.#requirements.push({ id, section, summary: title });
    const { loss, remarks } = converted;
    const whole = { script, path: section, id, title, requirement: `${this.#options.name}/${id}`, converted };
    if (!loss) {
      this.#write(whole);
      this.#outcomes.push({ path, kind: 'whole', remarks });
    } else if (!converted.steps.some(({ sentence }) => / receives /.test(`${sentence} `))) {
      // Up to the loss the server is asked for nothing: there is nothing to be judged.
      this.#outcomes.push({ path, kind: 'left out', loss, remarks });
    } else {
      this.#write(this.#partOf(whole, loss));
      this.#outcomes.push({ path, kind: 'part', loss, remarks });
    }
  }

  /** A part has a title and a requirement of its own: the script's own requirement stays uncovered. */
  #partOf(whole: Imported, loss: Loss): Imported {
    const id = `${whole.id}.before-line-${loss.from}`;
    const title = `${whole.title} (only what stands before line ${loss.from})`;
    this.#requirements.push({ id, section: whole.path, summary: title });
    return { ...whole, title, requirement: `${this.#options.name}/${id}` };
  }

  #write(imported: Imported): void {
    const text = suiteText(imported, `${this.#options.name}/scansion`, this.#specification);
    this.#suites.set(join(this.#folder, `${imported.id}.yaml`), text);
  }

  /** In kebab-case; a file whose name ends with `requirements` would be read as a catalogue. */
  #newId(section: string): string {
    const plain = section
      .slice(0, section.length - extname(section).length)
      .normalize('NFKD')
      .replace(/[^a-zA-Z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .toLowerCase();
    const base = plain === '' ? 'script' : plain.endsWith('requirements') ? `${plain}-script` : plain;
    let free = base;
    for (let count = 2; this.#ids.has(free); count++) free = `${base}-${count}`;
    this.#ids.add(free);
    return free;
  }

  plan(): ImportPlan {
    const file = join(this.#folder, 'requirements.yaml');
    const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    return {
      outcomes: this.#outcomes,
      mistakes: this.#mistakes,
      suites: this.#suites,
      catalogue: {
        file,
        text: catalogueText(this.#specification, this.#options.name, this.#requirements, before),
      },
    };
  }
}

function titleOf({ title }: Script, section: string): string {
  const said = title?.trim() ?? '';
  return said === '' ? basename(section, extname(section)) : said.slice(0, 300);
}
