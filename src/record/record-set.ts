import type { FromSchema } from 'json-schema-to-ts';
import { flakesOf } from './flakes.ts';
import { recordSchema } from './record.schema.ts';
import { exitCodeFor, type Strictness } from './summary.ts';

const { $schema, $id: _id, ...oneRecord } = recordSchema;

/** JSON Schema of what one run on several targets saw: their records, side by side. */
export const recordSetSchema = {
  $schema,
  $id: 'https://touchstone.example/record-set.schema.json',
  title: 'Touchstone records of several targets',
  type: 'object',
  required: ['format', 'records', 'notPlayed'],
  additionalProperties: false,
  properties: {
    format: { const: 1, description: 'Raised when readers of older sets would misread this one' },
    records: { type: 'array', items: oneRecord },
    notPlayed: {
      type: 'array',
      description: 'Targets that have no record, and why',
      items: {
        type: 'object',
        required: ['target', 'title', 'reason'],
        additionalProperties: false,
        properties: {
          target: { type: 'string' },
          title: { type: 'string' },
          reason: { type: 'string' },
        },
      },
    },
  },
} as const;

export type RecordSet = FromSchema<typeof recordSetSchema>;

/**
 * The exit code of several runs: 130 where one was stopped, 4 where Touchstone itself went wrong, 1 where a target is
 * not conformant or a case gave different verdicts in several rounds, 3 where a target was not played, 0 otherwise.
 */
export function exitCodeForSet({ records, notPlayed }: RecordSet, strictness: Strictness = {}): number {
  const codes = records.map((record) => exitCodeFor(record, strictness));
  const worst = ([130, 4, 1] as const).find((code) => codes.includes(code));
  if (worst !== undefined) return worst;
  if (flakesOf(records).some(({ known }) => known === undefined)) return 1;
  return notPlayed.length > 0 ? 3 : 0;
}
