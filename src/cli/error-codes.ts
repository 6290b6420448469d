import { UnmergeableError } from '../record/merge.ts';
import { InvalidRecordError, UnwritableFileError } from '../record/record-errors.ts';
import { EmptySelectionError } from '../suite/select.ts';
import { EngineMissingError, NoAccountError, TargetStartError } from '../target/errors.ts';
import { UnknownTargetError } from '../target/load-target.ts';
import { InvalidFileError } from '../target/yaml-document.ts';
import { UsageError } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { OwnReporterError } from './own-reporter.ts';
import { UnansweredError } from './questions.ts';

/** An error that a user can meet. Its code never means another one. */
export interface ErrorCode {
  code: `TS-E${string}`;
  title: string;
  /** What happened, and why. */
  about: string;
  /** What to do. */
  advice: string;
  exitCode: number;
  is(error: unknown): boolean;
}

function of(kind: abstract new (...words: never[]) => Error): ErrorCode['is'] {
  return (error) => error instanceof kind;
}

const { usage, targetUnreachable, touchstoneFailed, interrupted } = exitCodes;

const itself: ErrorCode = {
  code: 'TS-E090',
  title: 'Touchstone itself failed',
  about: 'This is a mistake in Touchstone, not in the server; what is shown below the message says where.',
  advice: 'Please report it, with the whole message and the command.',
  exitCode: touchstoneFailed,
  is: () => true,
};

/** The last takes whatever is none of the others. New ones get new codes, also where one is no longer used. */
export const errorCodes: readonly ErrorCode[] = [
  {
    code: 'TS-E001',
    title: 'The words on the command line are wrong',
    about:
      'There is no such command or option, a value is missing or cannot be used, or two options exclude each other.',
    advice:
      'The message says which word it is, and mostly what was meant; `touchstone COMMAND --help` shows what there is.',
    exitCode: usage,
    is: of(UsageError),
  },
  {
    code: 'TS-E002',
    title: 'A file has mistakes',
    about:
      'A suite, a catalogue, a target file, a dialect or a known-failing.yaml cannot be used. Each mistake is shown with its file, line and column.',
    advice:
      '`touchstone check FILE` shows all of them without starting anything. The first line of files that Touchstone writes lets editors check them while you type.',
    exitCode: usage,
    is: of(InvalidFileError),
  },
  {
    code: 'TS-E003',
    title: 'There is no such target',
    about:
      '`--target` names neither a target that comes along nor a file, or a variant that the target does not have.',
    advice: 'A file is named by its path: `--target ./target.yaml`. `touchstone init` writes one.',
    exitCode: usage,
    is: of(UnknownTargetError),
  },
  {
    code: 'TS-E004',
    title: 'No case is chosen',
    about: 'Nothing is left of the suites by `--only`, `--spec`, `--level` and `--needs` together.',
    advice:
      '`touchstone list` with the same options shows what they leave. In a glob `*` stands for one segment, `**` for any number.',
    exitCode: usage,
    is: of(EmptySelectionError),
  },
  {
    code: 'TS-E005',
    title: 'A record cannot be read',
    about: 'There is no such file, it is no record of Touchstone, or it is one of a newer version.',
    advice:
      'Name a record.json, a record.jsonl, or the folder that a run wrote to. Where its format is newer, update Touchstone.',
    exitCode: usage,
    is: of(InvalidRecordError),
  },
  {
    code: 'TS-E006',
    title: 'Records do not belong together',
    about: 'They are of different suites or targets, a share of the run is missing, or one is there twice.',
    advice:
      'Play all shares with the same version, suites and target, and merge each once; the message names those that differ, and in what.',
    exitCode: usage,
    is: of(UnmergeableError),
  },
  {
    code: 'TS-E007',
    title: 'A file cannot be written',
    about: 'The record, a report or a file that was asked for cannot be written where it is to go.',
    advice: 'Make room there, or name another place with `--out`; `touchstone doctor` looks at the folder.',
    exitCode: usage,
    is: of(UnwritableFileError),
  },
  {
    code: 'TS-E008',
    title: 'A reporter of yours failed',
    about:
      'The module that `--reporter` names threw an error, or returned no reporter. The run went on without it: the record and the other reports are written.',
    advice:
      'The message says where. `touchstone report --reporter ./my-reporter.js` calls it again, with the record that is there.',
    exitCode: usage,
    is: of(OwnReporterError),
  },
  {
    code: 'TS-E010',
    title: 'No container engine answers',
    about: 'The target is a server in a container, and neither Docker nor Podman can be reached.',
    advice:
      'Start it; `touchstone doctor` tells a missing engine from one that your user may not use. Without one, use the embedded target, a process or an external server.',
    exitCode: targetUnreachable,
    is: of(EngineMissingError),
  },
  {
    code: 'TS-E011',
    title: 'The target does not start, or cannot be reached',
    about:
      'Its image cannot be built or pulled, it ended before it answered, or it did not answer in time. The last lines of its log are shown.',
    advice:
      '`touchstone doctor --target TARGET` walks every stage from its start to a login, and says what to do at the one that fails.',
    exitCode: targetUnreachable,
    is: of(TargetStartError),
  },
  {
    code: 'TS-E012',
    title: 'The target has no account to give',
    about:
      'Its file has no `accounts`, the command that makes them fails, or the server refuses to register one.',
    advice:
      'Look at `accounts` in the target file; `touchstone doctor --target TARGET` tries to make one and to log in.',
    exitCode: targetUnreachable,
    is: of(NoAccountError),
  },
  {
    code: 'TS-E020',
    title: 'A question was not answered',
    about: 'The input ended, or Ctrl-C was pressed. Nothing was written.',
    advice: 'Say by options what would be asked for: `touchstone COMMAND --help` shows them.',
    exitCode: interrupted,
    is: of(UnansweredError),
  },
  itself,
];

export function errorCodeOf(error: unknown): ErrorCode {
  return errorCodes.find((one) => one.is(error)) ?? itself;
}

/** What is written of an error: its message with the code behind it, and where Touchstone failed itself, where. */
export function errorText(error: unknown): string {
  const { code, exitCode } = errorCodeOf(error);
  const own = exitCode === touchstoneFailed;
  const text =
    error instanceof Error ? (own ? (error.stack ?? error.message) : error.message) : String(error);
  return own
    ? `Touchstone itself failed [${code}]: ${text}\n`
    : `${text}${text.includes('\n') ? '\n' : ' '}[${code}]\n`;
}

/** What `touchstone help TS-E011` shows; undefined for what is no code. */
export function helpOfCode(asked: string): string | undefined {
  const found = errorCodes.find(({ code }) => code === asked.toUpperCase());
  if (!found) return undefined;
  const { code, title, about, advice, exitCode } = found;
  return [`${code}: ${title} (exit code ${exitCode})`, '', about, advice, ''].join('\n');
}
