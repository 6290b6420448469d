import { expect, it } from 'vitest';
import { InvalidRecordError } from '../record/record-errors.ts';
import { EngineMissingError } from '../target/errors.ts';
import { InvalidFileError } from '../target/mistake.ts';
import { UsageError } from './command.ts';
import { errorCodeOf, errorCodes, errorText, helpOfCode } from './error-codes.ts';

it('codes keep their meaning', () => {
  // People search for them: a code is never given to another error.
  expect(errorCodes.map(({ code, title, exitCode }) => `${code} ${exitCode} ${title}`)).toEqual([
    'TS-E001 2 The words on the command line are wrong',
    'TS-E002 2 A file has mistakes',
    'TS-E003 2 There is no such target',
    'TS-E004 2 No case is chosen',
    'TS-E005 2 A record cannot be read',
    'TS-E006 2 Records do not belong together',
    'TS-E007 2 A file cannot be written',
    'TS-E008 2 A reporter of yours failed',
    'TS-E010 3 No container engine answers',
    'TS-E011 3 The target does not start, or cannot be reached',
    'TS-E012 3 The target has no account to give',
    'TS-E020 130 A question was not answered',
    'TS-E090 4 Touchstone itself failed',
  ]);
});

it('stand behind the message of their error', () => {
  expect(errorText(new UsageError('there is no such word'))).toBe('there is no such word [TS-E001]\n');
  expect(errorText(new InvalidRecordError('a.json', 'it is empty'))).toMatch(/ \[TS-E005\]\n$/);
  const mistake = { file: 'a.yaml', line: 1, column: 1, sourceLine: 'x: y', text: 'unknown key' };
  expect(errorText(new InvalidFileError([mistake]))).toMatch(/^a\.yaml:1:1: .*\n\[TS-E002\]\n$/s);
  expect(errorCodeOf(new EngineMissingError(undefined)).code).toBe('TS-E010');
  expect(errorText(new TypeError('oh'))).toMatch(
    /^Touchstone itself failed \[TS-E090\]: TypeError: oh\n +at /,
  );
});

it('are explained', () => {
  expect(helpOfCode('ts-e010')).toContain('`touchstone doctor`');
  expect(helpOfCode('run')).toBeUndefined();
});
