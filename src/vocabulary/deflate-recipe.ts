import type { FromSchema } from 'json-schema-to-ts';
import { type DeflateBlock, encodeBlocks, largestStored } from '../websocket/deflate-blocks.ts';
import { parseSize, sizeSchema } from './quantity.ts';
import { StepMistake } from './vocabulary.ts';

/** JSON Schema of a part of a recipe that is made of parts. */
export const octetsSchema = {
  description: 'Octets: text, a text repeated up to a length, hexadecimal, or such as look random',
  anyOf: [
    { type: 'string' },
    {
      type: 'object',
      properties: { text: { type: 'string', minLength: 1 }, length: sizeSchema },
      required: ['text'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { hex: { type: 'string', pattern: '^([0-9A-Fa-f]{2}|\\s)*$' } },
      required: ['hex'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { random: sizeSchema, seed: { anyOf: [{ type: 'integer' }, { type: 'string' }] } },
      required: ['random'],
      additionalProperties: false,
    },
  ],
} as const;

const times = { type: 'integer', minimum: 1, maximum: 5_000_000 } as const;

const copied = {
  type: 'object',
  description:
    'So many octets again from so many octets back, `times` times; a dynamic block copies 258 octets from 1 or 2 back',
  properties: {
    copy: { type: 'integer', minimum: 3, maximum: 258 },
    back: { type: 'integer', minimum: 1, maximum: 32_768 },
    times,
  },
  required: ['copy', 'back'],
  additionalProperties: false,
} as const;

const content = {
  anyOf: [octetsSchema, { type: 'array', items: { anyOf: [octetsSchema, copied] } }],
} as const;

/** JSON Schema of the recipe for DEFLATE data, block by block. */
export const deflateSchema = {
  type: 'object',
  description:
    'The payload of a compressed message, block by block (RFC 1951 section 3.2.3): stored as it is, under the fixed codes, or dynamic, under codes of its own',
  properties: {
    deflate: {
      type: 'array',
      minItems: 1,
      items: {
        anyOf: [
          {
            type: 'object',
            properties: { stored: octetsSchema, final: { type: 'boolean' }, times },
            required: ['stored'],
            additionalProperties: false,
          },
          {
            type: 'object',
            properties: { fixed: content, final: { type: 'boolean' }, times },
            required: ['fixed'],
            additionalProperties: false,
          },
          {
            type: 'object',
            properties: { dynamic: content, final: { type: 'boolean' }, times },
            required: ['dynamic'],
            additionalProperties: false,
          },
        ],
      },
    },
  },
  required: ['deflate'],
  additionalProperties: false,
} as const;

export type DeflateRecipe = FromSchema<typeof deflateSchema>;
export type OctetsRecipe = FromSchema<typeof octetsSchema>;

/** More than this in one recipe, with all its repetitions, is a mistake of the suite. */
const mostWritten = 8_000_000;

/** Finds what the schema cannot say: what DEFLATE or a dynamic block cannot, and absurd amounts. Throws `StepMistake`. */
export function checkDeflate({ deflate }: DeflateRecipe): void {
  let written = 0;
  for (const block of deflate) {
    const parts = partsOf(block);
    const once = parts.reduce<number>((sum, part) => sum + amountOf(part), 1);
    written += once * (block.times ?? 1);
    if ('stored' in block && once - 1 > largestStored)
      throw new StepMistake(`a stored block holds ${largestStored} octets at most`, 'several blocks');
    const copies = parts.filter((part) => isCopy(part));
    if ('dynamic' in block && copies.some(({ copy, back }) => copy !== 258 || back > 2))
      throw new StepMistake('a dynamic block copies 258 octets from 1 or 2 octets back', 'a fixed block');
  }
  if (written > mostWritten)
    throw new StepMistake(
      `so many octets, copies and blocks are more than Touchstone writes (${mostWritten})`,
    );
}

/** The octets of the recipe; the caller makes those of its parts. */
export function makeDeflate({ deflate }: DeflateRecipe, make: (recipe: OctetsRecipe) => Buffer): Buffer {
  return encodeBlocks(
    deflate.map(
      (block): DeflateBlock => ({
        type: 'stored' in block ? 'stored' : 'fixed' in block ? 'fixed' : 'dynamic',
        content: partsOf(block).map((part) => (isCopy(part) ? copyOf(part) : make(part))),
        final: block.final ?? false,
        times: block.times ?? 1,
      }),
    ),
  );
}

type Part = OctetsRecipe | FromSchema<typeof copied>;

function partsOf(block: DeflateRecipe['deflate'][number]): readonly Part[] {
  const parts = 'stored' in block ? block.stored : 'fixed' in block ? block.fixed : block.dynamic;
  return Array.isArray(parts) ? (parts as Part[]) : [parts as Part];
}

function isCopy(part: Part): part is FromSchema<typeof copied> {
  return typeof part === 'object' && 'copy' in part;
}

function copyOf({ copy, back, times = 1 }: FromSchema<typeof copied>): DeflateBlock['content'][number] {
  return { copy, back, times };
}

/** How much is written for a part: octets, or copies. */
function amountOf(part: Part): number {
  if (typeof part === 'string') return Buffer.byteLength(part);
  if ('copy' in part) return part.times ?? 1;
  if ('hex' in part) return part.hex.length / 2;
  if ('random' in part) return parseSize(part.random) ?? 0;
  return part.length === undefined ? Buffer.byteLength(part.text) : (parseSize(part.length) ?? 0);
}
