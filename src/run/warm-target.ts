import type { TargetDefinition } from '../target/load-target.ts';
import type { RunningTarget } from '../target/running-target.ts';
import { type StartOptions, startTarget } from '../target/start-target.ts';
import { acceptsNow } from './alive.ts';

/** A target that stays up from one run to the next, until it is let go or is found dead. */
export class WarmTarget {
  #target: RunningTarget | undefined;
  #isChanged = false;

  /** The target, started where it is not up. Throws what `startTarget` throws. */
  async get(definition: TargetDefinition, options: StartOptions & { apart: true }): Promise<RunningTarget> {
    if (this.#target && !(await acceptsNow(this.#target))) await this.replace();
    const keep = options.keep && { keep: { fresh: this.#isChanged } };
    this.#target ??= await startTarget(definition, { ...options, ...keep });
    this.#isChanged = false;
    return this.#target;
  }

  /** Stops it: what the next run starts is another one, also where an earlier run kept one. */
  async replace(): Promise<void> {
    this.#isChanged = true;
    await this.letGo();
  }

  /** Stops it, or leaves it to later runs where it is kept. */
  async letGo(): Promise<void> {
    const target = this.#target;
    this.#target = undefined;
    await target?.stop();
  }
}
