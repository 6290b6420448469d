import { type Capabilities, compareCapabilities } from './capabilities.ts';
import type { RunningTarget } from './running-target.ts';
import type { TargetFile } from './target.schema.ts';

/** Asks the server what it can do. */
export async function probe(
  _target: RunningTarget,
  settings: TargetFile,
  _signal?: AbortSignal,
): Promise<Capabilities> {
  return compareCapabilities(settings.claims ?? [], []);
}
