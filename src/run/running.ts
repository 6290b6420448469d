import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import type { Reporter, RunStart } from '../report/reporter.ts';
import { loadSuites, ownSuites, type Suites } from '../suite/load-suites.ts';
import type { Selection } from '../suite/select.ts';
import { loadTarget, type TargetDefinition } from '../target/load-target.ts';
import { Deferred } from './deferred.ts';
import { readKnownFailing } from './known-failing.ts';
import { type RunOptions, run as runSuites } from './run.ts';
import { version } from './version.ts';

/** What a program asks for; what it leaves out is as on the command line. */
export interface RunRequest
  extends Selection,
    Pick<RunOptions, 'jobs' | 'retries' | 'transcripts' | 'shuffle' | 'shard'> {
  /** A name (`prosody`), the path of a target.yaml, or what `defineTarget` returned; default: `embedded`. */
  target?: string | TargetDefinition;
  /** What `loadSuites` returned, or folders with suites; default: the suites that come along. */
  suites?: Suites | readonly string[];
  /** Aborting it ends the run: what was played is recorded, and the target is stopped. */
  signal?: AbortSignal;
  /** Listeners beside the results themselves. */
  reporters?: readonly Reporter[];
}

/**
 * A run that goes on. To iterate over it gives each result as it comes, from the first one on, as often as one likes;
 * a run that cannot go on (its target does not start, no case is chosen) throws its reason there, and rejects `start`
 * and `record` with it. A loop that is left early (`break`, or an error in it) ends the run as `signal` does, unless
 * another loop goes on.
 */
export interface Running extends AsyncIterable<CaseResult> {
  /** What is known before the first case is played: the target as it was found, and the ids of the cases. */
  readonly start: Promise<RunStart>;
  /** Everything, when the target is stopped again. */
  readonly record: Promise<RunRecord>;
}

/** Starts the target, plays the chosen cases and stops it again. Never throws itself: `Running` tells what happens. */
export function run(request: RunRequest = {}): Running {
  const over = new AbortController();
  let missing: Set<string> | undefined;
  const results = new Results(() => {
    if (missing?.size !== 0) over.abort(new Error('nobody reads the results any more'));
  });
  const start = new Deferred<RunStart>();
  const listener: Reporter = {
    onRunStart: (known) => {
      missing = new Set(known.planned);
      start.resolve(known);
    },
    onCaseEnd: (result) => {
      missing?.delete(result.id);
      results.add(result);
    },
  };
  const record = optionsOf(request, listener, over.signal).then(runSuites);
  // Nobody has to look at all three of `Running`, and none of them is unhandled for that.
  record.then(
    () => {
      results.end();
      start.reject(new Error('the run was stopped before it began'));
    },
    (error: unknown) => {
      results.fail(error);
      start.reject(error);
    },
  );
  start.promise.catch(() => {});
  return { start: start.promise, record, [Symbol.asyncIterator]: () => results.each() };
}

async function optionsOf(request: RunRequest, listener: Reporter, over: AbortSignal): Promise<RunOptions> {
  const { jobs, retries, transcripts, shuffle, shard, signal, reporters = [], ...others } = request;
  const { target: asked = 'embedded', suites: from, only, spec, level, needs, heavy } = others;
  const target = typeof asked === 'string' ? loadTarget(asked) : asked;
  const suites = isLoaded(from) ? from : await loadSuites(from ?? [ownSuites], only ?? []);
  return {
    target,
    suites,
    selection: withoutGaps({ only, spec, level, needs, heavy }),
    knownFailing: readKnownFailing(target),
    version: version(),
    signal: signal ? AbortSignal.any([signal, over]) : over,
    reporters: [listener, ...reporters],
    ...withoutGaps({ jobs, retries, transcripts, shuffle, shard }),
  };
}

function isLoaded(from: Suites | readonly string[] | undefined): from is Suites {
  return from !== undefined && !Array.isArray(from);
}

type WithoutGaps<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function withoutGaps<T extends object>(values: T): WithoutGaps<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as WithoutGaps<T>;
}

/** The results so far, for any number of readers, each of which waits for what is to come. */
class Results {
  readonly #results: CaseResult[] = [];
  #isOver = false;
  #failure: { reason: unknown } | undefined;
  #changed = new Deferred<void>();
  #readers = 0;
  readonly #leave: () => void;

  /** `leave` is called when the last reader has left before the end. */
  constructor(leave: () => void) {
    this.#leave = leave;
  }

  add(result: CaseResult): void {
    this.#results.push(result);
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  fail(reason: unknown): void {
    this.#failure = { reason };
    this.end();
  }

  async *each(): AsyncGenerator<CaseResult, void, void> {
    this.#readers++;
    try {
      for (let next = 0; ; ) {
        const result = this.#results[next];
        if (result) {
          next++;
          yield result;
        } else if (this.#failure) throw this.#failure.reason;
        else if (this.#isOver) return;
        else await this.#changed.promise;
      }
    } finally {
      this.#readers--;
      if (this.#readers === 0 && !this.#isOver) this.#leave();
    }
  }

  #wake(): void {
    this.#changed.resolve(undefined);
    this.#changed = new Deferred<void>();
  }
}
