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
  #arrivals: (Arrival<E> | undefined)[] = [];
  #firstUntaken = 0;
  #octets = 0;
  readonly #weigh: (event: E) => number;
  readonly #most: number;
  readonly #listeners = new Set<(arrival: Arrival<E>) => void>();

  /** Where events can be large, `weigh` says how large, and so many octets of them that no step has taken are a flood. */
  constructor(weigh: (event: E) => number = () => 0, most = Number.POSITIVE_INFINITY) {
    this.#weigh = weigh;
    this.#most = most;
  }

  push(event: E): void {
    const arrival = { event, taken: false };
    this.#arrivals.push(arrival);
    this.#octets += this.#weigh(event);
    for (const listener of [...this.#listeners]) listener(arrival);
  }

  /** Everything that no step has taken yet, oldest first. */
  waiting(): Arrival<E>[] {
    for (let first = this.#first; first?.taken; first = this.#first) this.#letGo(first);
    if (this.#firstUntaken > mostTakenKept) {
      this.#arrivals = this.#arrivals.slice(this.#firstUntaken);
      this.#firstUntaken = 0;
    }
    return this.#arrivals.slice(this.#firstUntaken).filter(isUntaken);
  }

  get #first(): Arrival<E> | undefined {
    return this.#arrivals[this.#firstUntaken];
  }

  /** What was taken can be large, and its place is kept for a while. */
  #letGo({ event }: Arrival<E>): void {
    this.#octets -= this.#weigh(event);
    this.#arrivals[this.#firstUntaken++] = undefined;
  }

  /** True when nobody takes what comes: the caller should stop reading. */
  get flooded(): boolean {
    return this.#arrivals.length - this.#firstUntaken > inboxLimit || this.#octets > this.#most;
  }

  /** Puts aside what waits, but for events that concern whoever looks from now on. */
  forget(concerns: (event: E) => boolean = () => false): void {
    const kept = this.waiting().filter(({ event }) => concerns(event));
    this.#arrivals = kept;
    this.#firstUntaken = 0;
    this.#octets = kept.reduce((sum, { event }) => sum + this.#weigh(event), 0);
  }

  onArrival(listener: (arrival: Arrival<E>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function isUntaken<E>(arrival: Arrival<E> | undefined): arrival is Arrival<E> {
  return arrival !== undefined && !arrival.taken;
}
