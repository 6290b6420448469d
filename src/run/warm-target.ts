import type { TargetDefinition } from '../target/load-target.ts';
import type { RunningTarget } from '../target/running-target.ts';
import { type StartOptions, startTarget } from '../target/start-target.ts';
import { acceptsNow } from './alive.ts';

/** A target that stays up from one run to the next, until it is let go or is found dead. */
export class WarmTarget {
  #target: RunningTarget | undefined;

  /** The target, started where it is not up. Throws what `startTarget` throws. */
  async get(definition: TargetDefinition, options: StartOptions & { apart: true }): Promise<RunningTarget> {
    if (this.#target && !(await acceptsNow(this.#target))) await this.letGo();
    this.#target ??= await startTarget(definition, options);
    return this.#target;
  }

  /** Stops it: the next run starts another one. */
  async letGo(): Promise<void> {
    const target = this.#target;
    this.#target = undefined;
    await target?.stop();
  }
}
