import { createCipheriv, createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FromSchema } from 'json-schema-to-ts';
import { checkDeflate, deflateSchema, makeDeflate, octetsSchema } from './deflate-recipe.ts';
import type { Names } from './names.ts';
import { parseSize, sizeSchema } from './quantity.ts';
import { StepMistake } from './vocabulary.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);
/** A recipe that asks for more than this is a mistake of the suite. */
const largestPayload = 256 * 1_048_576;

/** JSON Schema of a payload: text, or a recipe for octets. */
export const payloadSchema = {
  description: 'A payload: text, or a recipe for octets',
  anyOf: [
    { type: 'string', description: 'Text, sent as UTF-8' },
    {
      type: 'object',
      description: 'Text repeated up to a length in octets',
      properties: { text: { type: 'string', minLength: 1 }, length: sizeSchema },
      required: ['text'],
      additionalProperties: false,
    },
    {
      type: 'object',
      description: 'Octets in hexadecimal; white space is passed over',
      properties: { hex: { type: 'string', pattern: '^([0-9A-Fa-f]{2}|\\s)*$' } },
      required: ['hex'],
      additionalProperties: false,
    },
    {
      type: 'object',
      description: 'Octets that look random, the same for the same seed',
      properties: { random: sizeSchema, seed: { anyOf: [{ type: 'integer' }, { type: 'string' }] } },
      required: ['random'],
      additionalProperties: false,
    },
    {
      type: 'object',
      description: 'A file in fixtures/',
      properties: { file: { type: 'string' } },
      required: ['file'],
      additionalProperties: false,
    },
    {
      type: 'object',
      description: 'Text, hexadecimal or random octets, one after another',
      properties: {
        parts: {
          type: 'array',
          minItems: 1,
          items: octetsSchema,
        },
      },
      required: ['parts'],
      additionalProperties: false,
    },
    deflateSchema,
  ],
} as const;

export type PayloadRecipe = FromSchema<typeof payloadSchema>;

/** Finds what the schema cannot say about a recipe: a missing fixture, an absurd length. Throws `StepMistake`. */
export function checkPayload(recipe: PayloadRecipe): void {
  if (typeof recipe === 'string') return;
  if ('file' in recipe) fixturePath(recipe.file);
  if ('deflate' in recipe) checkDeflate(recipe);
  const wanted = 'random' in recipe ? recipe.random : 'length' in recipe ? recipe.length : undefined;
  if (wanted !== undefined && (parseSize(wanted) ?? 0) > largestPayload)
    throw new StepMistake(`a payload of ${wanted} is more than Touchstone makes (256MiB)`);
}

/** Payloads from this size on are made once for all steps that name the same recipe, while one of them is in use. */
const large = 65_536;
const shared = new Map<string, WeakRef<Buffer>>();
const noLongerUsed = new FinalizationRegistry<string>((recipe) => shared.delete(recipe));

/**
 * The octets that a recipe stands for, not to be written to. Text is a template: names in braces are filled in.
 */
export function makePayload(recipe: PayloadRecipe, names: Names): Buffer {
  if (typeof recipe === 'string' || 'hex' in recipe) return made(recipe, names);
  const filled = 'text' in recipe ? { ...recipe, text: names.fill(recipe.text) } : recipe;
  const key = 'parts' in recipe ? undefined : JSON.stringify(filled);
  const known = key === undefined ? undefined : shared.get(key)?.deref();
  if (known) return known;
  const payload = made(recipe, names);
  if (key === undefined || payload.length < large) return payload;
  shared.set(key, new WeakRef(payload));
  noLongerUsed.register(payload, key);
  return payload;
}

function made(recipe: PayloadRecipe, names: Names): Buffer {
  if (typeof recipe === 'string') return Buffer.from(names.fill(recipe));
  if ('parts' in recipe) return Buffer.concat(recipe.parts.map((part) => makePayload(part, names)));
  if ('deflate' in recipe) return makeDeflate(recipe, (part) => makePayload(part, names));
  if ('hex' in recipe) return Buffer.from(recipe.hex.replace(/\s+/g, ''), 'hex');
  if ('file' in recipe) return readFileSync(fixturePath(recipe.file));
  if ('random' in recipe) return randomOctets(parseSize(recipe.random) ?? 0, String(recipe.seed ?? ''));
  const text = Buffer.from(names.fill(recipe.text));
  if (recipe.length === undefined) return text;
  return Buffer.alloc(parseSize(recipe.length) ?? 0, text);
}

/** A recipe in a few words, for failures. */
export function describePayload(recipe: PayloadRecipe): string {
  if (typeof recipe === 'string') return JSON.stringify(recipe);
  return Object.entries(recipe)
    .map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ');
}

const zeros = Buffer.alloc(65_536);

function randomOctets(length: number, seed: string): Buffer {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const octets = Buffer.allocUnsafeSlow(length);
  // Bit by bit, so that it takes no more memory than what it makes.
  for (let at = 0; at < length; at += zeros.length)
    cipher.update(zeros.subarray(0, length - at)).copy(octets, at);
  return octets;
}

function fixturePath(name: string): URL {
  const path = new URL(name, fixtures);
  if (!path.href.startsWith(fixtures.href)) throw new StepMistake(`${name} does not lie in fixtures/`);
  if (!existsSync(path)) {
    const folder = fileURLToPath(fixtures);
    const known = existsSync(folder) ? readdirSync(folder).join(', ') : 'nothing';
    throw new StepMistake(`there is no ${name} in fixtures/`, `fixtures/ holds ${known}`);
  }
  return path;
}
