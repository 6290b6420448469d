import { resolve } from 'node:path';
import { loadSuites, ownSuites, type Suites } from '../suite/load-suites.ts';
import type { Selection } from '../suite/select.ts';
import { type Option, UsageError, type Words } from './command.ts';

/** Where the cases come from. */
export const suitesOption = {
  type: 'string',
  multiple: true,
  value: 'PATH',
  help: 'Your own suites instead of those that come along',
} as const satisfies Option;

/** Which cases: the same options for every command that plays or lists cases. */
export const selectionOptions = {
  only: { type: 'string', multiple: true, value: 'GLOB', help: 'Cases by id, globs by segment: rfc6121/**' },
  spec: { type: 'string', multiple: true, value: 'SPEC', help: 'Cases of a specification: "RFC 6121"' },
  level: { type: 'string', multiple: true, value: 'LEVEL', help: 'Cases of a level: MUST, SHOULD, MAY' },
  heavy: { type: 'boolean', help: 'The heavy cases too, which take minutes' },
  needs: { type: 'string', multiple: true, value: 'CAPABILITY', help: 'Cases that need a capability' },
  suites: suitesOption,
} as const satisfies Record<string, Option>;

export function selectionOf(words: Words): Selection {
  const level = words.list('level').map((text) => {
    const upper = text.toUpperCase();
    if (upper === 'MUST' || upper === 'SHOULD' || upper === 'MAY') return upper;
    throw new UsageError(`--level takes MUST, SHOULD or MAY, not ${text}`);
  });
  return {
    only: words.list('only'),
    spec: words.list('spec'),
    level,
    needs: words.list('needs'),
    heavy: words.flag('heavy'),
  };
}

/** The suites that the words name, or those that come along. Throws `InvalidFileError`. */
export function suitesOf(words: Words): Promise<Suites> {
  const folders = words.list('suites').map((path) => resolve(path));
  return loadSuites(folders.length > 0 ? folders : [ownSuites], words.list('only'));
}
