import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Suite files are a few kilobytes; nothing much larger is read just to show a line of it. */
const largestFile = 1_048_576;

const ownRoot = fileURLToPath(new URL('../..', import.meta.url));

/** One line of a suite file as it is now, counted from 1; undefined where it cannot be read. */
export type SourceLine = (file: string, line: number) => string | undefined;

/** Looks where the user stands, then among Touchstone's own suites. A record cannot make it read anything but YAML. */
export const sourceLine: SourceLine = (file, line) => {
  if (!/\.ya?ml$/.test(file)) return undefined;
  for (const path of [resolve(file), resolve(ownRoot, file)])
    try {
      if (statSync(path).size > largestFile) continue;
      const text = readFileSync(path, 'utf8').split(/\r?\n/)[line - 1];
      if (text !== undefined) return text;
    } catch {
      // A record can be read where its suites are not.
    }
  return undefined;
};
