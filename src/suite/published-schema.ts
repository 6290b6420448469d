import { durationPattern } from '../vocabulary/quantity.ts';
import { vocabularies } from '../vocabulary/vocabularies.ts';
import type { Verb } from '../vocabulary/vocabulary.ts';
import { givenSchema } from './read-suite.ts';
import { suiteOutline } from './suite.schema.ts';

/**
 * The schema that editors use: the outline, with every verb's own schema behind its sentence and an example to
 * complete from. It is made from the vocabularies and lies in `suite.schema.json`.
 */
export function publishedSuiteSchema(): object {
  const verbs = vocabularies.flatMap((vocabulary) => vocabulary.verbs);
  const kinds = vocabularies.filter((vocabulary) => vocabulary.actors);
  const schema = structuredClone(suiteOutline) as unknown as Outline;
  schema.properties.uses.enum = kinds.map((vocabulary) => vocabulary.name);
  const properties = schema.properties.cases.items.properties;
  properties.steps = { $ref: '#/$defs/steps' };
  properties.given = { ...properties.given, additionalProperties: { anyOf: kinds.map(givenSchema) } };
  return {
    ...schema,
    $defs: {
      steps: { type: 'array', minItems: 1, items: { $ref: '#/$defs/step' } },
      step: stepSchema(verbs),
    },
  };
}

interface Outline {
  properties: {
    uses: { enum?: string[] };
    cases: { items: { properties: Record<string, object> } };
  };
}

function stepSchema(verbs: readonly Verb[]): object {
  const steps = { $ref: '#/$defs/steps' };
  const branch = { anyOf: [{ $ref: '#/$defs/step' }, steps] };
  const bare = verbs.filter((verb) => verb.takes === undefined || verb.optional);
  return {
    defaultSnippets: verbs.map((verb) => ({
      label: verb.phrase,
      description: verb.summary,
      bodyText: verb.example.replace(/^- /, ''),
    })),
    anyOf: [
      {
        type: 'string',
        anyOf: bare.map((verb) => ({ pattern: sentencePattern(verb), description: verb.summary })),
      },
      {
        type: 'object',
        minProperties: 1,
        properties: {
          within: { type: 'string', pattern: durationPattern },
          tolerated: { type: 'string' },
          outcome: steps,
          repeat: {
            type: 'object',
            required: ['times', 'steps'],
            additionalProperties: false,
            properties: { times: {}, as: { type: 'string' }, steps },
          },
          together: { type: 'array', minItems: 2, items: branch },
          'one of': { type: 'array', minItems: 2, items: branch },
        },
        patternProperties: patternProperties(verbs),
        additionalProperties: false,
      },
    ],
  };
}

/** Verbs of two vocabularies can share their words: then either's value may follow. */
function patternProperties(verbs: readonly Verb[]): Record<string, object> {
  const byPattern = new Map<string, Verb[]>();
  for (const verb of verbs) {
    const pattern = sentencePattern(verb);
    byPattern.set(pattern, [...(byPattern.get(pattern) ?? []), verb]);
  }
  return Object.fromEntries(
    [...byPattern].map(([pattern, same]) => {
      const schemas = same.map(
        (verb) => ({ description: verb.summary, ...Object(verb.takes ?? { type: 'null' }) }) as object,
      );
      return [pattern, schemas.length === 1 ? (schemas[0] ?? {}) : { anyOf: schemas }];
    }),
  );
}

function sentencePattern(verb: Verb): string {
  const subject = verb.subject === 'actor' ? '(?!server |network )[a-z][a-z0-9-]*' : verb.subject;
  const words = verb.phrase.split(' ').map((word) => {
    const slot = /^\{(.+)\}$/.exec(word)?.[1];
    if (slot === undefined) return word;
    return slot.includes('|') ? `(${slot})` : '\\S+';
  });
  return `^${[subject, ...words].join(' ')}$`;
}
