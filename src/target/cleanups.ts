/** What must be undone before this process may end, newest last. */
const pending = new Set<() => Promise<void> | void>();

/**
 * Registers something to be undone when the process has to end early (Ctrl-C, SIGTERM, an uncaught error).
 * Returns the function that takes it off the list again, for when it was undone in the ordinary way.
 */
export function onCleanup(undo: () => Promise<void> | void): () => void {
  pending.add(undo);
  return () => pending.delete(undo);
}

/** Undoes everything that is still registered, newest first. Never throws; what fails is passed over. */
export async function runCleanups(): Promise<void> {
  const undoing = [...pending].reverse();
  pending.clear();
  await Promise.allSettled(undoing.map(async (undo) => undo()));
}
