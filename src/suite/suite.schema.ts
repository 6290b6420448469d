import type { FromSchema } from 'json-schema-to-ts';
import { durationPattern } from '../vocabulary/quantity.ts';

const name = '^[a-z0-9]+([.-][a-z0-9]+)*$';

/** JSON Schema of a suite file, all but its steps: those are checked sentence by sentence. */
export const suiteOutline = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Touchstone suite',
  type: 'object',
  required: ['suite', 'title', 'spec', 'uses', 'cases'],
  additionalProperties: false,
  properties: {
    suite: {
      type: 'string',
      pattern: '^[a-z0-9]+([.-][a-z0-9]+)*(/[a-z0-9]+([.-][a-z0-9]+)*)+$',
      description: 'Specification and topic in kebab-case: rfc6121/message-routing',
    },
    title: { type: 'string', minLength: 1 },
    spec: { type: 'string', description: 'The specification as its catalogue names it: RFC 6121' },
    uses: { type: 'string', description: 'The vocabulary of its actors' },
    needs: {
      type: 'array',
      description: 'Capabilities that every case of the file needs',
      items: { type: 'string', pattern: name },
    },
    over: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      description: 'The transports that every case of the file is played over: [tcp, websocket]',
      items: { type: 'string' },
    },
    heavy: {
      type: 'string',
      minLength: 1,
      description: 'Why its cases are played on request alone: what they cost',
    },
    alone: {
      type: 'string',
      minLength: 1,
      description: 'Why its cases are played one by one, on no other case’s server: what they do to it',
    },
    cases: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['id', 'title', 'covers', 'steps'],
        additionalProperties: false,
        properties: {
          id: {
            type: 'string',
            minLength: 1,
            description: 'In kebab-case; may name values of each in braces',
          },
          title: { type: 'string', minLength: 1, description: 'What the server does, as a sentence' },
          covers: {
            type: 'array',
            description: 'Requirements, as catalogue/id: rfc6121/8.5.2.1.1-chat',
            minItems: 1,
            items: { type: 'string' },
          },
          equals: {
            description: 'Cases of another suite than which this one is at least as strong: autobahn/6.4.1',
            anyOf: [{ type: 'string' }, { type: 'array', minItems: 1, items: { type: 'string' } }],
          },
          needs: {
            type: 'array',
            description: 'Capabilities without which the case is unsupported',
            items: { type: 'string' },
          },
          over: {
            type: 'array',
            minItems: 1,
            uniqueItems: true,
            description: 'The transports that the case is played over, instead of those of the file',
            items: { type: 'string' },
          },
          given: {
            type: 'object',
            description: 'The actors, and the state each is brought into before the steps',
            propertyNames: { pattern: '^[a-z][a-z0-9-]*$', description: 'An actor: a name in lower case' },
          },
          each: {
            description:
              'One case per value, or per row: {length: [0, 125]}, or a list of maps; a list of such lists makes every combination of their rows',
            anyOf: [
              { type: 'object', minProperties: 1, additionalProperties: { type: 'array' } },
              { type: 'array', items: { type: 'object', minProperties: 1 } },
              {
                type: 'array',
                minItems: 2,
                items: { type: 'array', minItems: 1, items: { type: 'object', minProperties: 1 } },
              },
            ],
          },
          steps: { type: 'array', minItems: 1 },
          budget: {
            type: 'string',
            pattern: durationPattern,
            description: 'The longest time the case may take: 30s',
          },
        },
      },
    },
  },
} as const;

export type SuiteText = FromSchema<typeof suiteOutline>;
export type CaseText = SuiteText['cases'][number];
