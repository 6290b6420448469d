import type { StartOptions } from './deadline.ts';
import { TargetStartError } from './errors.ts';
import type { TargetDefinition } from './load-target.ts';
import type { RunningTarget } from './running-target.ts';

/** Starts the reference server inside this process. To be joined with `src/reference`. */
export async function startEmbeddedTarget(
  definition: TargetDefinition,
  _options: StartOptions & { faults?: readonly string[] },
): Promise<RunningTarget> {
  throw new TargetStartError(`${definition.settings.title} is not joined yet`);
}
