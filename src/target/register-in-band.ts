import { NoAccountError } from './errors.ts';
import type { Account, RunningTarget } from './running-target.ts';

/** Registers an account on a connection of its own (XEP-0077). Throws `NoAccountError` when it is refused. */
export async function registerInBand(
  target: RunningTarget,
  _account: Account,
  _signal: AbortSignal,
): Promise<void> {
  throw new NoAccountError(`${target.title} cannot register accounts yet`);
}
