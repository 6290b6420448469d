import type { RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { EmptySelectionError } from '../suite/select.ts';
import { EngineMissingError, TargetStartError } from '../target/errors.ts';
import type { TargetDefinition } from '../target/load-target.ts';

/**
 * Plays on one target after another, as each has jobs of its own. A target that cannot be started, or that none of
 * the chosen cases fits, keeps the others from nothing: it is listed with its reason. When the signal aborts, those
 * that are left are not begun. Throws what `play` throws otherwise.
 */
export async function runTargets(
  targets: readonly TargetDefinition[],
  play: (target: TargetDefinition) => Promise<RunRecord>,
  signal: AbortSignal,
): Promise<RecordSet> {
  const set: RecordSet = { format: 1, records: [], notPlayed: [] };
  for (const target of targets) {
    const { target: name, title } = target.settings;
    if (signal.aborted) {
      set.notPlayed.push({ target: name, title, reason: 'the run was stopped before' });
      continue;
    }
    try {
      set.records.push(await play(target));
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
