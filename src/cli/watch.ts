import { resolve } from 'node:path';
import type { RunRecord } from '../record/record.schema.ts';
import { exitCodeFor, type Strictness } from '../record/summary.ts';
import { WarmTarget } from '../run/warm-target.ts';
import { type Consequence, consequenceOf, FileWatch, watchedPaths } from '../run/watch.ts';
import { ownSuites, type Suites } from '../suite/load-suites.ts';
import { EmptySelectionError } from '../suite/select.ts';
import { EngineMissingError, TargetStartError } from '../target/errors.ts';
import { loadTarget, type TargetDefinition, UnknownTargetError } from '../target/load-target.ts';
import { InvalidFileError } from '../target/mistake.ts';
import type { Words } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { suitesOf } from './selection-options.ts';

/** `changed`: as the record is to say of what is played. */
type PlayOnce = (
  target: TargetDefinition,
  suites: Suites,
  more: { warm: WarmTarget; changed?: readonly string[] },
) => Promise<RunRecord>;

/**
 * `run --watch`: plays once, and then again whenever a file changes, what the change concerns. The target stays up
 * until its own files change; what changes while cases are played is played after them. Resolves to the exit code of the
 * last run when the signal aborts.
 */
export async function watchAndPlay(
  words: Words,
  { strictness }: { strictness: Strictness },
  play: PlayOnce,
  signal: AbortSignal,
): Promise<number> {
  const name = words.list('target')[0] ?? 'embedded';
  const named = words.list('suites').map((path) => resolve(path));
  const folders = named.length > 0 ? named : [ownSuites];
  const files = await FileWatch.of(watchedPaths(folders, loadTarget(name)));
  const warm = new WarmTarget();
  let code: number = exitCodes.conformant;
  // Nothing was played yet: everything is new.
  let changed: ReadonlySet<string> | undefined;
  try {
    while (!signal.aborted) {
      code = await playChanged(changed).catch(tell);
      if (signal.aborted) break;
      process.stdout.write('\nwatching for changes (Ctrl-C ends it)\n');
      changed = await files.next(signal);
    }
    return code;
  } finally {
    await files.close();
    await warm.letGo();
  }

  async function playChanged(paths: ReadonlySet<string> | undefined): Promise<number> {
    const target = loadTarget(name);
    files.add(watchedPaths(folders, target));
    const suites = await suitesOf(words);
    const consequence: Consequence = paths
      ? consequenceOf(paths, suites, target)
      : { restart: false, cases: suites.cases };
    const { restart, cases, changed: ofFiles } = consequence;
    if (restart) await warm.replace();
    if (cases.length === 0) return code;
    const record = await play(target, ofFiles ? { ...suites, cases, whole: false } : suites, {
      warm,
      ...(ofFiles ? { changed: ofFiles } : {}),
    });
    return exitCodeFor(record, strictness);
  }
}

/** What is wrong with a file, or keeps the target from its start, is told: the next change may mend it. */
function tell(error: unknown): number {
  const isTheirs =
    error instanceof InvalidFileError ||
    error instanceof UnknownTargetError ||
    error instanceof EmptySelectionError ||
    error instanceof TargetStartError ||
    error instanceof EngineMissingError;
  if (!isTheirs) throw error;
  process.stderr.write(`${error.message}\n`);
  return error instanceof TargetStartError || error instanceof EngineMissingError
    ? exitCodes.targetUnreachable
    : exitCodes.usage;
}
