import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type RunRecord, recordSchema } from './record.schema.ts';

/** A record that cannot be read. The message says which file, and what is wrong with it. */
export class InvalidRecordError extends Error {
  constructor(file: string, why: string) {
    super(`${file} is no record of Touchstone: ${why}`);
    this.name = 'InvalidRecordError';
  }
}

/** Writes a file so that nobody ever finds half of it. Makes its folder. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}.tmp`;
  await writeFile(unfinished, text);
  await rename(unfinished, file);
}

export function writeRecord(file: string, record: RunRecord): Promise<void> {
  return writeWhole(file, `${JSON.stringify(record, null, 1)}\n`);
}

/** Reads and validates a record.json. Throws `InvalidRecordError`. */
export async function readRecord(file: string): Promise<RunRecord> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new InvalidRecordError(file, error instanceof Error ? error.message : String(error));
  }
  const ajv = new Ajv2020({ strict: true, allErrors: false });
  const validate = ajv.compile<RunRecord>(recordSchema);
  if (validate(value)) return value;
  const [first] = validate.errors ?? [];
  throw new InvalidRecordError(file, `${first?.instancePath || 'its top'} ${first?.message ?? 'is wrong'}`);
}
