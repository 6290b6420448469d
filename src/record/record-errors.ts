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
    super(`${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'UnwritableFileError';
  }
}
