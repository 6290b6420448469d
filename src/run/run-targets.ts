import type { RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { EmptySelectionError } from '../suite/select.ts';
import { EngineMissingError, TargetStartError } from '../target/errors.ts';
import type { TargetDefinition } from '../target/load-target.ts';

/**
 * Plays on one target after another, as each has jobs of its own, so many rounds on each. A target that cannot be
 * started, or that none of the chosen cases fits, keeps the others from nothing: it is listed with its reason, and
 * what is left of its rounds is not begun. When the signal aborts, no further run begins. Throws what `play` throws
 * otherwise.
 */
export async function runTargets(
  targets: readonly TargetDefinition[],
  play: (target: TargetDefinition, round: number) => Promise<RunRecord>,
  signal: AbortSignal,
  rounds = 1,
): Promise<RecordSet> {
  const set: RecordSet = { format: 1, records: [], notPlayed: [] };
  for (const target of targets) {
    const { target: name, title } = target.settings;
    if (signal.aborted) {
      set.notPlayed.push({ target: name, title, reason: 'the run was stopped before' });
      continue;
    }
    try {
      for (let round = 1; round <= rounds && !signal.aborted; round++)
        set.records.push(await play(target, round));
    } catch (error) {
      if (!isOfTarget(error)) throw error;
      set.notPlayed.push({ target: name, title, reason: error.message });
    }
  }
  return set;
}

function isOfTarget(error: unknown): error is Error {
  return (
    error instanceof TargetStartError ||
    error instanceof EngineMissingError ||
    error instanceof EmptySelectionError
  );
}
