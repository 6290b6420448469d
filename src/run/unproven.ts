import type { FromSchema } from 'json-schema-to-ts';
import { InvalidFileError, readYaml, SchemaCheck } from '../target/yaml-document.ts';

/** JSON Schema of fixtures/unproven.yaml: what is not shown to be able to fail yet. The list can only shrink. */
export const unprovenSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Touchstone cases and faults that prove nothing yet',
  type: 'object',
  required: ['cases', 'faults'],
  additionalProperties: false,
  properties: {
    cases: { type: 'array', items: { type: 'string' }, description: 'Cases that no fault fails yet' },
    faults: { type: 'array', items: { type: 'string' }, description: 'Faults that fail no case yet' },
  },
} as const;

export type Unproven = FromSchema<typeof unprovenSchema>;

/** Reads fixtures/unproven.yaml. Throws `InvalidFileError`. */
export function readUnproven(file: string): Unproven {
  const document = readYaml(file, new SchemaCheck<Unproven>(unprovenSchema));
  if (document.value) return document.value;
  throw new InvalidFileError(document.mistakes);
}
