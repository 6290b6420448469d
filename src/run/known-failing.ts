import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FromSchema } from 'json-schema-to-ts';
import { globToExpression } from '../suite/glob.ts';
import { InvalidFileError, type Mistake, readYaml, SchemaCheck } from '../target/yaml-document.ts';

/** JSON Schema of known-failing.yaml, which stands beside a target's file. */
export const knownFailingSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Touchstone known failures of a target',
  description: 'Cases that fail on this target for a known reason. They are still played.',
  type: 'array',
  items: {
    type: 'object',
    required: ['case', 'reason'],
    additionalProperties: false,
    properties: {
      case: {
        description: 'A case id or a glob over its segments, or a list of them that fail for one reason',
        anyOf: [
          { type: 'string', minLength: 1 },
          { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
        ],
      },
      reason: {
        type: 'string',
        minLength: 20,
        description: 'Which section is broken, and what the server does instead',
      },
      intermittent: {
        type: 'boolean',
        description:
          'A race in the server: the case fails at times, so that a pass proves nothing. The reason says which race',
      },
      link: { type: 'string', description: 'The issue at the server, or where its authors explain it' },
    },
  },
} as const;

type Entry = FromSchema<typeof knownFailingSchema>[number];

/** One case, or a glob over cases, that fails for a known reason. */
export type KnownFailure = Omit<Entry, 'case'> & { case: string };

const check = new SchemaCheck<Entry[]>(knownFailingSchema);

/** The known failures that stand beside a target's file; none where there is no such file. */
export function readKnownFailing(targetFile: string): KnownFailure[] {
  const file = join(dirname(targetFile), 'known-failing.yaml');
  if (!existsSync(file)) return [];
  const document = readYaml(file, check);
  const mistakes: Mistake[] = [...document.mistakes];
  const known: KnownFailure[] = [];
  for (const [index, entry] of (document.value ?? []).entries())
    for (const one of [entry.case].flat()) {
      if (known.some((other) => other.case === one))
        mistakes.push(document.mistake([index, 'case'], `\`${one}\` is there twice`));
      known.push({ ...entry, case: one });
    }
  if (mistakes.length > 0) throw new InvalidFileError(mistakes);
  return known;
}

/** The entry that says why the case fails, if one does. */
export function knownFailureOf(id: string, known: readonly KnownFailure[]): KnownFailure | undefined {
  return known.find((entry) => globToExpression(entry.case).test(id));
}

/**
 * Entries that name no case there is. A selection leaves cases out, not entries: `ids` are all cases that the
 * target could play, selected or not. Of suites that are not loaded nothing is known, unless all are.
 */
export function staleEntries(
  known: readonly KnownFailure[],
  ids: readonly string[],
  loaded: { whole: boolean; suites: ReadonlySet<string> },
): KnownFailure[] {
  return known.filter((entry) => {
    const isOfLoaded = [...loaded.suites].some((name) => entry.case.startsWith(`${name}/`));
    if (!loaded.whole && !isOfLoaded) return false;
    const expression = globToExpression(entry.case);
    return !ids.some((id) => expression.test(id));
  });
}
