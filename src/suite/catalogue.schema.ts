import type { FromSchema } from 'json-schema-to-ts';

/** JSON Schema of a requirements.yaml: what one specification demands. */
export const catalogueSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Touchstone requirement catalogue',
  type: 'object',
  required: ['specification', 'title', 'requirements'],
  additionalProperties: false,
  properties: {
    specification: { type: 'string', description: 'As people cite it: RFC 6121, XEP-0198' },
    title: { type: 'string' },
    source: { type: 'string', description: 'Where its text is published' },
    requirements: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'section', 'level', 'summary'],
        additionalProperties: false,
        properties: {
          id: {
            type: 'string',
            pattern: '^[A-Za-z0-9][A-Za-z0-9.-]*$',
            description: 'Section, then a few words',
          },
          section: { type: 'string' },
          level: { enum: ['MUST', 'SHOULD', 'MAY'], description: 'MUST NOT counts as MUST' },
          summary: { type: 'string', description: 'The demand in our own words' },
          feature: {
            anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
            description: 'Named feature of RFC 6120 section 15 or RFC 6121 section 12',
          },
          untestable: { type: 'string', description: 'Why no black-box client can see it' },
        },
      },
    },
  },
} as const;

export type CatalogueText = FromSchema<typeof catalogueSchema>;
