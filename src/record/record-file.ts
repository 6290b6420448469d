import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { cutText } from './bounds.ts';
import { type RunRecord, recordSchema } from './record.schema.ts';
import type { RecordSet } from './record-set.ts';

/** A record that cannot be read. The message says which file, and what is wrong with it. */
export class InvalidRecordError extends Error {
  constructor(file: string, why: string) {
    super(`${file} is no record of Touchstone: ${why}`);
    this.name = 'InvalidRecordError';
  }
}

/** A report that cannot be written. The message says which file, and why. */
export class UnwritableFileError extends Error {
  constructor(file: string, cause: unknown) {
    super(`${file} cannot be written: ${textOf(cause)}`, { cause });
    this.name = 'UnwritableFileError';
  }
}

/** Writes a file so that nobody ever finds half of it. Makes its folder. Throws `UnwritableFileError`. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(unfinished, text);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw new UnwritableFileError(file, error);
  }
}

/** Throws `UnwritableFileError`. */
export function writeRecord(file: string, record: RunRecord): Promise<void> {
  return writeWhole(file, `${JSON.stringify(record, null, 1)}\n`);
}

/** Throws `UnwritableFileError`. */
export function writeRecordSet(file: string, set: RecordSet): Promise<void> {
  return writeWhole(file, `${JSON.stringify(set, null, 1)}\n`);
}

/** Reads and validates a record.json. Throws `InvalidRecordError`. */
export async function readRecord(file: string): Promise<RunRecord> {
  const value = parse(file, await readText(file));
  const format: unknown = Object(value).format;
  if (typeof format === 'number' && format > recordSchema.properties.format.const)
    throw new InvalidRecordError(
      file,
      `its format is ${format}, of a newer Touchstone; this one reads format 1`,
    );
  const validate = validator();
  if (validate(value)) return value;
  throw new InvalidRecordError(file, describe(validate.errors ?? []));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new InvalidRecordError(file, missing ? 'there is no such file' : textOf(error));
  }
}

function parse(file: string, text: string): unknown {
  if (text.trim() === '') throw new InvalidRecordError(file, 'it is empty');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidRecordError(file, `it is not JSON (${cutText(textOf(error), 200)})`);
  }
}

let compiled: ValidateFunction<RunRecord> | undefined;

/** To compile the schema takes a while, so it is done once, and only when a record is read. */
function validator(): ValidateFunction<RunRecord> {
  compiled ??= new Ajv2020({ strict: true }).compile<RunRecord>(recordSchema);
  return compiled;
}

function describe([error]: ErrorObject[]): string {
  if (!error) return 'it does not follow the schema';
  const where = error.instancePath === '' ? 'at its top' : `at ${error.instancePath}`;
  const { additionalProperty, allowedValues, allowedValue } = error.params;
  const detail =
    additionalProperty ?? (Array.isArray(allowedValues) ? allowedValues.join(', ') : allowedValue);
  return `${where} it ${error.message ?? 'is wrong'}${detail === undefined ? '' : `: ${String(detail)}`}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
