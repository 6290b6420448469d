import { existsSync } from 'node:fs';
import type { FromSchema } from 'json-schema-to-ts';
import { canMatchBelow, globToExpression } from '../suite/glob.ts';
import { knownFailuresFile, type TargetDefinition } from '../target/load-target.ts';
import { type Places, variantsOf } from '../target/variants.ts';
import { InvalidFileError, type Mistake, readYaml, SchemaCheck, suggest } from '../target/yaml-document.ts';

/** A reason is more than a word. */
export const shortestReason = 20;

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
        minLength: shortestReason,
        description: 'Which section is broken, and what the server does instead',
      },
      intermittent: {
        type: 'boolean',
        description:
          'A race in the server: the case fails at times, so that a pass proves nothing. The reason says which race',
      },
      alone: {
        type: 'boolean',
        description:
          'The case leaves the server unfit for others: it plays on a server of its own, which is thrown away',
      },
      variants: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { type: 'string' },
        description: 'The variants of the target that it concerns; without it, all of them',
      },
      link: { type: 'string', description: 'The issue at the server, or where its authors explain it' },
    },
  },
} as const;

/** An entry as it stands in the file. */
export type KnownFailingEntry = FromSchema<typeof knownFailingSchema>[number];
type Entry = KnownFailingEntry;

/** One case, or a glob over cases, that fails for a known reason. */
export type KnownFailure = Omit<Entry, 'case' | 'variants'> & { case: string };

export const knownFailingCheck = new SchemaCheck<Entry[]>(knownFailingSchema);

/** The known failures of a target, which stand beside its file; none where there is no such file. */
export function readKnownFailing(target: TargetDefinition): KnownFailure[] {
  const file = knownFailuresFile(target);
  if (file === undefined || !existsSync(file)) return [];
  const { entries, mistakes } = checkKnownFailing(file, target.settings);
  if (mistakes.length > 0) throw new InvalidFileError(mistakes);
  return entries
    .filter(({ variants }) => variants === undefined || variants.includes(target.variant ?? ''))
    .flatMap(({ variants: _variants, ...entry }) =>
      [entry.case].flat().map((one) => ({ ...entry, case: one })),
    );
}

/** The entries of the file, and every mistake in it; `settings`: those of the target that it stands beside. */
export function checkKnownFailing(
  file: string,
  settings?: TargetDefinition['settings'],
): { entries: readonly Entry[]; mistakes: Mistake[] } {
  const document = readYaml(file, knownFailingCheck);
  const entries = document.value ?? [];
  const mistakes = [
    ...document.mistakes,
    ...namedTwice(entries, document),
    ...(settings ? unknownVariants(entries, settings, document) : []),
  ];
  return { entries, mistakes };
}

function* namedTwice(entries: readonly Entry[], document: Places): Generator<Mistake> {
  const seen = new Map<string, Entry[]>();
  for (const [index, entry] of entries.entries())
    for (const one of [entry.case].flat()) {
      const others = seen.get(one) ?? [];
      if (others.some((other) => overlap(other.variants, entry.variants)))
        yield document.mistake([index, 'case'], `\`${one}\` is there twice`);
      seen.set(one, [...others, entry]);
    }
}

function overlap(some: readonly string[] | undefined, others: readonly string[] | undefined): boolean {
  return !some || !others || some.some((name) => others.includes(name));
}

function* unknownVariants(
  entries: readonly Entry[],
  settings: TargetDefinition['settings'],
  document: Places,
): Generator<Mistake> {
  const known = variantsOf(settings);
  for (const [index, { variants = [] }] of entries.entries())
    for (const [place, name] of variants.entries())
      if (!known.includes(name)) {
        const hint = suggest(name, known);
        const text = `the target has no variant \`${name}\``;
        yield document.mistake([index, 'variants', place], text, hint === undefined ? {} : { hint });
      }
}

/** The entry that says why the case fails, if one does. */
export function knownFailureOf(id: string, known: readonly KnownFailure[]): KnownFailure | undefined {
  return known.find((entry) => globToExpression(entry.case).test(id));
}

/**
 * Entries that name no case there is. A selection leaves cases out, not entries: `ids` are all cases that the
 * target could play, selected or not. Of suites that are not loaded nothing is known, unless all are but for some that
 * were not read.
 */
export function staleEntries(
  known: readonly KnownFailure[],
  ids: readonly string[],
  loaded: { whole: boolean; suites: ReadonlySet<string>; unread: readonly string[] },
): KnownFailure[] {
  return known.filter((entry) => {
    const isOfLoaded = [...loaded.suites].some((name) => entry.case.startsWith(`${name}/`));
    if (!loaded.whole && !isOfLoaded) return false;
    if (loaded.unread.some((name) => canMatchBelow(name, entry.case))) return false;
    const expression = globToExpression(entry.case);
    return !ids.some((id) => expression.test(id));
  });
}
