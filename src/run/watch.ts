import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { watch as watchPaths } from 'chokidar';
import { fixtures, type Suites } from '../suite/load-suites.ts';
import { knownFailuresFile, type TargetDefinition } from '../target/load-target.ts';
import { shownPath } from './case-result.ts';

/** Editors write a file in several steps, and branches are switched file by file: what follows so soon belongs together. */
const quietMs = 100;

/** Tells which files changed, again and again. */
export class FileWatch {
  readonly #watcher: ReturnType<typeof watchPaths>;
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #listener: (() => void) | undefined;

  /** Resolves when everything that is there is watched. */
  static async of(paths: readonly string[]): Promise<FileWatch> {
    const watch = new FileWatch(paths);
    await new Promise<void>((resolved) => watch.#watcher.once('ready', resolved));
    return watch;
  }

  private constructor(paths: readonly string[]) {
    const ignored = (path: string) => ['node_modules', '.git'].includes(basename(path));
    this.#watcher = watchPaths([...paths], { ignoreInitial: true, ignored });
    this.#watcher.on('all', (_event, path) => this.#note(resolve(path)));
  }

  /** Watches these as well. */
  add(paths: readonly string[]): void {
    this.#watcher.add([...paths]);
  }

  /** The files that changed since the last call; waits for the first where there are none yet. */
  async next(signal: AbortSignal): Promise<ReadonlySet<string>> {
    if (!signal.aborted && (this.#changed.size === 0 || this.#timer))
      await new Promise<void>((resolved) => {
        const done = () => {
          signal.removeEventListener('abort', done);
          resolved();
        };
        this.#listener = done;
        signal.addEventListener('abort', done);
      });
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }

  close(): Promise<void> {
    clearTimeout(this.#timer);
    return this.#watcher.close();
  }

  #note(path: string): void {
    this.#changed.add(path);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#listener?.();
    }, quietMs);
  }
}

/** The files of which a change makes another server: it is started anew. */
export function pathsOfServer({ file, folder, settings }: TargetDefinition): string[] {
  const { container } = settings.start;
  const built = container?.build === undefined ? [] : [resolve(folder, container.build)];
  const copied = Object.values(container?.files ?? {}).filter((source) => source.startsWith('.'));
  const named = [...(settings.watch ?? []), ...copied].map((path) => resolve(folder, path));
  return [...(file === undefined ? [] : [file]), ...built, ...named].filter((path) => existsSync(path));
}

/** What a change of files asks for. */
export interface Consequence {
  /** The server is another one now. */
  restart: boolean;
  /** The cases that may come to something else. */
  cases: Suites['cases'];
  /** The suite files that these are all of; absent where they are all there are. */
  changed?: string[];
}

/**
 * What is to be played again when these files changed: the cases of the suite files among them; all of them where the
 * server, what cases are made of, or what is known to fail changed.
 */
export function consequenceOf(
  changed: ReadonlySet<string>,
  suites: Suites,
  target: TargetDefinition,
): Consequence {
  const isBelow = (path: string, root: string) => path === root || path.startsWith(root + sep);
  const known = knownFailuresFile(target);
  const ofServer = pathsOfServer(target);
  const restart = [...changed].some((path) => path !== known && ofServer.some((root) => isBelow(path, root)));
  const isShared = (path: string) =>
    path === known || basename(path) === 'requirements.yaml' || isBelow(path, fixtures);
  if (restart || [...changed].some(isShared)) return { restart, cases: suites.cases };
  const cases = suites.cases.filter(({ position }) => changed.has(resolve(position.file)));
  return { restart, cases, changed: [...new Set(cases.map(({ position }) => shownPath(position.file)))] };
}

/** Everything whose change matters to a run on the target. */
export function watchedPaths(folders: readonly string[], target: TargetDefinition): string[] {
  const known = knownFailuresFile(target);
  // A list of known failures that is not there yet can come to be.
  const beside =
    known === undefined ? [] : [existsSync(known) ? known : join(dirname(known), 'known-failing.yaml')];
  return [...folders, fixtures, ...beside, ...pathsOfServer(target)];
}
