import type { Reporter } from '../report/reporter.ts';

/** A reporter of the user's own went wrong. Exit code 2. */
export class OwnReporterError extends Error {
  constructor(name: string, what: string, error?: unknown) {
    super(`the reporter ${name} ${what}${error === undefined ? '' : `: ${placeOf(error)}`}`, {
      cause: error,
    });
    this.name = 'OwnReporterError';
  }
}

/** The message, and the line of the module it came from. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [place] = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return place === undefined ? error.message : `${error.message}\n${place}`;
}

const heard = ['onProgress', 'onRunStart', 'onCaseStart', 'onEntry', 'onCaseEnd', 'onRunEnd'] as const;

/**
 * A reporter from a module of the user's, which may do anything: where it throws, it is told nothing more, the run goes
 * on, and the end of everything throws what happened. Throws `OwnReporterError` for what is no reporter.
 */
export function guarded(name: string, make: () => unknown): Reporter {
  let made: unknown;
  try {
    made = make();
  } catch (error) {
    throw new OwnReporterError(name, 'cannot be made', error);
  }
  if (typeof made !== 'object' || made === null)
    throw new OwnReporterError(
      name,
      'is none: its default export has to return an object with `onCaseEnd` or others',
    );
  const own = made as Record<string, unknown>;
  let failure: OwnReporterError | undefined;
  const going: Promise<void>[] = [];
  const tell = async (event: string, words: readonly unknown[]) => {
    const listener = own[event];
    if (failure || typeof listener !== 'function') return;
    try {
      await listener.apply(own, words);
    } catch (error) {
      failure ??= new OwnReporterError(name, `failed in ${event}`, error);
    }
  };
  const reporter: Reporter = {
    async onEnd(set) {
      await Promise.all(going);
      await tell('onEnd', [set]);
      if (failure) throw failure;
    },
  };
  // What is not listened to must stay absent: nobody takes the trouble then.
  for (const event of heard.filter((one) => typeof own[one] === 'function'))
    Object.assign(reporter, {
      [event]: (...words: unknown[]) => {
        const told = tell(event, words);
        going.push(told);
        return event === 'onRunEnd' ? told : undefined;
      },
    });
  return reporter;
}
