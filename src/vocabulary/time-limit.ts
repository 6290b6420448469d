import { type Finding, StepFailure } from './expectation.ts';
import type { Stage } from './stage.ts';

/** The patience of the case is over: what was waited for did not come. */
class PatienceOver extends Error {}

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
    () => limit.abort(new PatienceOver(`nothing came within ${stage.patience} ms`)),
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

/** Opens a connection in time; what the network or TLS says against it fails the step. */
export async function connectInTime<T>(
  actor: { name: string; finding(kind: Finding['kind'], expected: string, message: string): Finding },
  stage: Stage,
  open: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await inTime(stage, open);
  } catch (error) {
    stage.signal.throwIfAborted();
    if (error instanceof StepFailure || error instanceof TypeError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    const kind = error instanceof PatienceOver ? 'silence' : 'closed';
    throw new StepFailure(actor.finding(kind, `${actor.name} to connect`, text));
  }
}
