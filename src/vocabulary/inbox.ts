/** One thing that arrived for an actor. */
export interface Arrival<E> {
  event: E;
  /** A step has matched it; no later step sees it. */
  taken: boolean;
}

/** More than this many arrivals that no step has taken are a flood: the actor stops reading. */
export const inboxLimit = 100_000;

/** So many that were taken may stand before the first that is not, before they are let go. */
const mostTakenKept = 1_000;

/**
 * What has arrived for one actor, in order. A step takes the arrivals it matches, wherever they stand: order
 * is judged only by the verbs that say so.
 */
export class Inbox<E> {
  #arrivals: Arrival<E>[] = [];
  #firstUntaken = 0;
  readonly #listeners = new Set<() => void>();

  push(event: E): void {
    this.#arrivals.push({ event, taken: false });
    for (const listener of [...this.#listeners]) listener();
  }

  /** Everything that no step has taken yet, oldest first. */
  waiting(): Arrival<E>[] {
    while (this.#arrivals[this.#firstUntaken]?.taken) this.#firstUntaken++;
    if (this.#firstUntaken > mostTakenKept) {
      this.#arrivals = this.#arrivals.slice(this.#firstUntaken);
      this.#firstUntaken = 0;
    }
    return this.#arrivals.slice(this.#firstUntaken).filter((arrival) => !arrival.taken);
  }

  /** True when nobody takes what comes: the caller should stop reading. */
  get flooded(): boolean {
    return this.#arrivals.length - this.#firstUntaken > inboxLimit;
  }

  /** Puts aside what waits, but for events that concern whoever looks from now on. */
  forget(concerns: (event: E) => boolean = () => false): void {
    this.#arrivals = this.waiting().filter(({ event }) => concerns(event));
    this.#firstUntaken = 0;
  }

  onArrival(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
