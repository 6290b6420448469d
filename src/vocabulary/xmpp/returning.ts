import { type Finding, StepFailure } from '../expectation.ts';
import type { Stage } from '../stage.ts';
import type { XmppActor } from './actor.ts';

/** After so many attempts in a row that came to nothing, a server is taken for one that lets nobody back. */
const mostAttempts = 100;

/**
 * Brings an actor back whenever its connection ends without a word, until the case is over. An attempt that is broken
 * off is followed by the next; a refusal is not.
 */
export class Returning {
  readonly #actor: XmppActor;
  readonly #stage: Stage;
  readonly #comeBack: (stage: Stage) => Promise<void>;
  readonly #over = new AbortController();
  readonly #listeners = new Set<() => void>();
  #underWay = false;
  #times = 0;
  #failure: Finding | undefined;

  constructor(actor: XmppActor, stage: Stage, comeBack: (stage: Stage) => Promise<void>) {
    this.#actor = actor;
    this.#comeBack = comeBack;
    this.#stage = { ...stage, signal: AbortSignal.any([stage.signal, this.#over.signal]) };
  }

  /** The actor is away, and about to come back. */
  get underWay(): boolean {
    return this.#underWay;
  }

  /** How often it has come back. */
  get times(): number {
    return this.#times;
  }

  /** Why it does not come back any more. */
  get failure(): Finding | undefined {
    return this.#failure;
  }

  /** Calls back whenever the actor is back, or cannot be. Returns what ends that. */
  onReturn(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The connection has ended, that of an attempt perhaps. */
  ended(): void {
    this.#actor.streamManagement?.interrupt();
    if (this.#underWay || this.#failure) return;
    this.#underWay = true;
    void this.#return();
  }

  /** The case is over. */
  stop(): void {
    this.#over.abort(new Error('the case is over'));
  }

  async #return(): Promise<void> {
    for (let attempt = 1; !this.#over.signal.aborted; attempt++) {
      const problem = await this.#attempt();
      if (problem === undefined) {
        this.#times++;
        break;
      }
      if (problem.kind !== 'closed' || attempt === mostAttempts) {
        this.#failure = problem;
        // Whatever waits for something to come looks again.
        this.#actor.inbox.push({ kind: 'ended', how: 'end' });
        break;
      }
    }
    this.#underWay = false;
    for (const listener of [...this.#listeners]) listener();
  }

  /** What went wrong; a connection that ended while the actor came back is of the kind `closed`. */
  async #attempt(): Promise<Finding | undefined> {
    const { name } = this.#actor;
    try {
      await this.#comeBack(this.#stage);
      if (!this.#actor.connection.ended) return undefined;
      return this.#actor.finding('closed', `${name} to come back`, 'the connection ended at once');
    } catch (error) {
      if (error instanceof StepFailure) return error.finding;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return this.#actor.finding('unexpected', `${name} to come back`, text);
    }
  }
}
