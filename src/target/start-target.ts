import type { StartOptions } from './deadline.ts';
import type { TargetDefinition } from './load-target.ts';
import type { RunningTarget } from './running-target.ts';

export type { StartOptions } from './deadline.ts';

/** What only the embedded server is asked. */
export interface EmbeddedOptions {
  /** Names of faults, which act once it is armed. */
  faults?: readonly string[];
  /** It is only to be played on: it may have a thread of its own, and needs neither `arm` nor `settled`. */
  apart?: boolean;
}

/**
 * Starts the target (again and again, if asked: each is a server of its own, but external ones are always the
 * same) and resolves when it answers. Throws `EngineMissingError` or `TargetStartError`, or the signal's reason;
 * nothing is left behind then.
 */
export async function startTarget(
  definition: TargetDefinition,
  options: Partial<StartOptions> & EmbeddedOptions = {},
): Promise<RunningTarget> {
  const all = {
    ...options,
    signal: options.signal ?? new AbortController().signal,
    onProgress: options.onProgress ?? (() => {}),
  };
  all.signal.throwIfAborted();
  const { container, process, external, embedded } = definition.settings.start;
  if (container) {
    const { startContainerTarget } = await import('./container-target.ts');
    return startContainerTarget(definition, container, all);
  }
  if (process) {
    const { startProcessTarget } = await import('./process-target.ts');
    return startProcessTarget(definition, process, all);
  }
  if (external) {
    const { startExternalTarget } = await import('./external-target.ts');
    return startExternalTarget(definition, external, all);
  }
  const { startEmbeddedTarget } = await import('./embedded-target.ts');
  return startEmbeddedTarget(definition, { faults: embedded?.faults ?? [], ...all });
}
