import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('.', import.meta.url));

/** From the top down: a folder may import from those of the rows below its own. */
const layers: readonly (readonly string[])[] = [
  ['bench'],
  ['cli'],
  ['run', 'import'],
  ['suite', 'report'],
  ['vocabulary'],
  ['target'],
  ['reference', 'binding'],
  ['xmpp', 'websocket', 'network', 'record', 'threads'],
  ['tls'],
];

/** Of a layer's folders, those that may import another one beside it: none. Report reads records only. */
const only: Readonly<Record<string, readonly string[]>> = { report: ['record'] };

const longest = 450;

interface SourceFile {
  /** From `src`, with slashes. */
  path: string;
  lines: number;
  /** Files of `src` that it imports, types too. */
  imports: string[];
  /** Those of them that are there when it runs. */
  loads: string[];
}

const files: readonly SourceFile[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
  .sort()
  .map(readSource);

function readSource(path: string): SourceFile {
  const text = readFileSync(join(source, path), 'utf8');
  const statements = [
    ...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'/gm),
    ...text.matchAll(/\b(?:import)\((\s*)'(\.[^']+)'\)/g),
  ];
  const resolved = (specifier = '') =>
    relative(source, join(source, dirname(path), specifier)).replaceAll('\\', '/');
  return {
    path,
    lines: text.split('\n').length - 1,
    imports: statements.map(([, , specifier]) => resolved(specifier)),
    loads: statements.filter(([, type]) => !type?.trim()).map(([, , specifier]) => resolved(specifier)),
  };
}

function isTest(path: string): boolean {
  return /(\.test|(^|\/)test-[a-z-]+|\/scripted-server)\.ts$/.test(path);
}

function layerOf(folder: string): number {
  return layers.findIndex((row) => row.includes(folder));
}

/** Whether a file of the one folder may import from the other. */
function mayImport(from: string, to: string): boolean {
  if (from === to) return true;
  if (only[from]) return only[from].includes(to);
  return layerOf(from) < layerOf(to);
}

const imports = files
  .filter((file) => !isTest(file.path))
  .flatMap((file) => file.imports.map((to) => ({ from: file.path, to })));

function folderOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : '';
}

describe('the sources', () => {
  it('lie in folders that have a layer', () => {
    const folders = new Set(files.map((file) => folderOf(file.path)).filter((folder) => folder !== ''));
    expect([...folders].filter((folder) => layerOf(folder) < 0)).toEqual([]);
  });

  it('import only what is there', () => {
    const there = new Set(files.map((file) => file.path));
    const missing = files.flatMap((file) =>
      file.imports
        .filter((to) => /\.tsx?$/.test(to) && !there.has(to))
        .map((to) => `${file.path} imports ${to}`),
    );
    expect(missing).toEqual([]);
  });

  it('import downwards only', () => {
    const upwards = imports.filter(
      ({ from, to }) => folderOf(from) !== '' && !mayImport(folderOf(from), folderOf(to)),
    );
    expect(upwards.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('keep the vocabularies apart', () => {
    const vocabularyOf = (path: string) => /^vocabulary\/([a-z]+)\//.exec(path)?.[1];
    const across = imports.filter(({ from, to }) => {
      const [own, other] = [vocabularyOf(from), vocabularyOf(to)];
      return own !== undefined && other !== undefined && own !== other;
    });
    expect(across.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('have no cycle of imports', () => {
    expect(cycles(new Map(files.map((file) => [file.path, file.loads])))).toEqual([]);
  });

  it(`have at most ${longest} lines`, () => {
    const long = files.filter((file) => file.lines > longest && !isTest(file.path));
    expect(long.map((file) => `${file.path}: ${file.lines}`)).toEqual([]);
  });
});

/** One line per cycle, found by walking depth first. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, above: readonly string[]) => {
    const seen = above.indexOf(path);
    if (seen >= 0) found.push([...above.slice(seen), path].join(' > '));
    if (seen >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...above, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return found;
}
