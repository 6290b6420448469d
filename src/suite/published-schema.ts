import { durationPattern } from '../vocabulary/quantity.ts';
import { vocabularies } from '../vocabulary/vocabularies.ts';
import type { Verb } from '../vocabulary/vocabulary.ts';
import { givenSchema } from './read-suite.ts';
import { rowSentence, rowValue, withRowValues } from './row-values.ts';
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
  properties.given = {
    ...properties.given,
    additionalProperties: beforeRows({ anyOf: kinds.map(givenSchema) }),
  };
  const values = valuesBySentence(verbs);
  return {
    ...schema,
    $defs: {
      steps: { type: 'array', minItems: 1, items: { $ref: '#/$defs/step' } },
      step: stepSchema(verbs, [...values.keys()]),
      // Each apart from the others: a validator that has them all in one function runs out of stack in nested steps.
      ...Object.fromEntries([...values].map(([pattern, value]) => [nameOfValue(pattern), value])),
      'row value': { ...rowValue, description: 'A value of each: {length}' },
    },
  };
}

function beforeRows(schema: unknown): unknown {
  return withRowValues(schema, '#/$defs/row%20value');
}

interface Outline {
  properties: {
    uses: { enum?: string[] };
    cases: { items: { properties: Record<string, object> } };
  };
}

function stepSchema(verbs: readonly Verb[], patterns: readonly string[]): object {
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
        anyOf: [
          ...bare.map((verb) => ({ pattern: sentencePattern(verb), description: verb.summary })),
          { pattern: rowSentence, description: 'A sentence with a value of each in it' },
        ],
      },
      {
        type: 'object',
        minProperties: 1,
        properties: {
          within: beforeRows({ type: 'string', pattern: durationPattern }),
          tolerated: { type: 'string' },
          observed: { type: 'string' },
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
        patternProperties: { ...Object.fromEntries(patterns.map(referenceTo)), [rowSentence]: {} },
        additionalProperties: false,
      },
    ],
  };
}

function nameOfValue(pattern: string): string {
  return `after ${pattern}`;
}

function referenceTo(pattern: string): [string, object] {
  const pointer = nameOfValue(pattern).replaceAll('~', '~0').replaceAll('/', '~1');
  return [pattern, { $ref: `#/$defs/${encodeURIComponent(pointer)}` }];
}

/** What may follow each sentence. Verbs of two vocabularies can share their words: then either's value may. */
function valuesBySentence(verbs: readonly Verb[]): Map<string, object> {
  const byPattern = new Map<string, Verb[]>();
  for (const verb of verbs) {
    const pattern = sentencePattern(verb);
    byPattern.set(pattern, [...(byPattern.get(pattern) ?? []), verb]);
  }
  return new Map(
    [...byPattern].map(([pattern, same]): [string, object] => {
      const schemas = same.map(
        (verb) => ({ description: verb.summary, ...Object(beforeRows(valueSchema(verb))) }) as object,
      );
      return [pattern, schemas.length === 1 ? (schemas[0] ?? {}) : { anyOf: schemas }];
    }),
  );
}

/** What may follow the sentence of the verb. */
function valueSchema(verb: Verb): unknown {
  if (verb.takes === undefined) return { type: 'null' };
  return verb.optional ? { anyOf: [verb.takes, { type: 'null' }] } : verb.takes;
}

function sentencePattern(verb: Verb): string {
  const subject = verb.subject === 'actor' ? '(?!server |network )[a-z][a-z0-9-]*' : verb.subject;
  const words = verb.phrase.split(' ').map((word) => {
    const slot = slotIn(word);
    if (slot === undefined) return word;
    return slot.includes('|') ? `(${slot})` : '\\S+';
  });
  return `^${notPlainer(verb)}${[subject, ...words].join(' ')}$`;
}

/** `sends bob` is not `sends frame`: a phrase with fewer slots wins, so the other's pattern leaves it out. */
function notPlainer(verb: Verb): string {
  const words = verb.phrase.split(' ');
  const plainer = vocabularies
    .flatMap((vocabulary) => vocabulary.verbs)
    .filter((other) => other.subject === verb.subject && other.phrase !== verb.phrase)
    .map((other) => other.phrase.split(' '))
    .filter((other) => other.length === words.length && other.every((word) => slotIn(word) === undefined))
    .filter((other) => other.every((word, index) => canBe(words[index] ?? '', word)));
  const phrases = new Set(plainer.map((other) => other.join(' ')));
  return phrases.size === 0 ? '' : `(?!\\S+ (${[...phrases].join('|')})$)`;
}

function canBe(pattern: string, word: string): boolean {
  const slot = slotIn(pattern);
  return slot === undefined ? pattern === word : !slot.includes('|') || slot.split('|').includes(word);
}

function slotIn(word: string): string | undefined {
  return /^\{(.+)\}$/.exec(word)?.[1];
}
