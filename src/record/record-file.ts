import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { cutText } from './bounds.ts';
import { type RunRecord, recordSchema } from './record.schema.ts';
import { InvalidRecordError, UnwritableFileError } from './record-errors.ts';
import { type RecordSet, recordSetSchema } from './record-set.ts';
import { recordsOfStream } from './record-stream.ts';

export { InvalidRecordError, UnwritableFileError } from './record-errors.ts';

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

/** Names of the two files in the folder of a run's reports: the record, and the one that is written while it goes on. */
export const recordFiles = { finished: 'record.json', unfinished: 'record.jsonl' } as const;

/**
 * Reads and validates what one run or several saw: a record.json of one target or several, a record.jsonl of a run that
 * goes on or died, or the folder that holds either. Throws `InvalidRecordError`.
 */
export async function readRecords(path: string): Promise<RecordSet> {
  const file = recordFileOf(path);
  if (file.endsWith('.jsonl')) {
    const records = recordsOfStream(file, await readText(file));
    for (const record of records) validated<RunRecord>(file, record, 'record');
    return { format: 1, records, notPlayed: [] };
  }
  const value = parse(file, await readText(file));
  const format: unknown = Object(value).format;
  if (typeof format === 'number' && format > recordSchema.properties.format.const)
    throw new InvalidRecordError(
      file,
      `its format is ${format}, of a newer Touchstone; this one reads format 1`,
    );
  for (const record of [value, ...[Object(value).records ?? []].flat()]) complete(record);
  if (Array.isArray(Object(value).records)) return validated<RecordSet>(file, value, 'set');
  return { format: 1, records: [validated<RunRecord>(file, value, 'record')], notPlayed: [] };
}

/** Records that were written before there was `flaky` have no case that is. */
function complete(record: unknown): void {
  const { summary }: { summary?: unknown } = Object(record);
  if (typeof summary === 'object' && summary !== null && !('flaky' in summary))
    Object.assign(summary, { flaky: 0 });
}

/** Reads and validates a record of one run. Throws `InvalidRecordError`. */
export async function readRecord(file: string): Promise<RunRecord> {
  const { records } = await readRecords(file);
  const [record] = records;
  if (record && records.length === 1) return record;
  throw new InvalidRecordError(file, `it holds ${records.length} records, and one is asked for`);
}

/** Of a folder the record that tells of the latest run: the unfinished one is there only where that run did not end. */
function recordFileOf(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const unfinished = join(path, recordFiles.unfinished);
  return existsSync(unfinished) ? unfinished : join(path, recordFiles.finished);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new InvalidRecordError(
      file,
      missing ? 'there is no such file; `touchstone run` writes one' : textOf(error),
    );
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

const schemas = { record: recordSchema, set: recordSetSchema };
const compiled = new Map<keyof typeof schemas, ValidateFunction>();

/** To compile a schema takes a while, so it is done once, and only when a record is read. */
function validated<Value>(file: string, value: unknown, kind: keyof typeof schemas): Value {
  const validate = compiled.get(kind) ?? new Ajv2020({ strict: true }).compile(schemas[kind]);
  compiled.set(kind, validate);
  if (validate(value)) return value as Value;
  throw new InvalidRecordError(file, describe(validate.errors ?? []));
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
