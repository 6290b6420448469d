import type { Stage } from './stage.ts';

/**
 * Does something with a signal that aborts when the case ends, or after the patience of the case; the timer is gone
 * with the work. (`AbortSignal.any` and `AbortSignal.timeout` leave theirs to the garbage collector: with thousands
 * of logins that is what takes the time.)
 */
export async function inTime<T>(stage: Stage, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  stage.signal.throwIfAborted();
  const limit = new AbortController();
  const end = () => limit.abort(stage.signal.reason);
  const timer = setTimeout(
    () => limit.abort(new Error(`nothing came within ${stage.patience} ms`)),
    stage.patience,
  );
  stage.signal.addEventListener('abort', end, { once: true });
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    stage.signal.removeEventListener('abort', end);
  }
}
