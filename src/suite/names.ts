import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownSuites } from './load-suites.ts';

/**
 * What a shell completes where a case is named: the suites, each with a slash behind it; behind that slash the cases of
 * the suite, with a star for what `each` fills in. Files are skimmed, not read as YAML: somebody waits with a key pressed.
 */
export function caseWords(begun: string, folder: string = ownSuites): string[] {
  const suites = filesBelow(folder).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const [, name] = /^suite: *["']?([^\s"']+)/m.exec(text) ?? [];
    return name === undefined ? [] : [{ name, text }];
  });
  const whole = suites.filter(({ name }) => begun.startsWith(`${name}/`));
  if (whole.length === 0) return suites.map(({ name }) => `${name}/`);
  return whole.flatMap(({ name, text }) => {
    const ids = [...text.matchAll(/^ *- id: *["']?([^\s"'#]+)/gm)];
    return [...new Set(ids.map(([, id = '']) => `${name}/${id.replace(/\{[^}]*\}/g, '*')}`))];
  });
}

/** The specifications that there are catalogues of, as `--spec` takes them. */
export function specificationWords(folder: string = ownSuites): string[] {
  const files = filesBelow(folder).filter((file) => file.endsWith('requirements.yaml'));
  const found = files.map(
    (file) => /^specification: *["']?(.+?)["']? *$/m.exec(readFileSync(file, 'utf8'))?.[1],
  );
  return found.filter((name) => name !== undefined);
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml'))
    .sort()
    .map((path) => join(folder, path));
}
