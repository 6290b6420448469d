/** Events kept for somebody who takes them one by one. Bounded: what goes beyond it is the caller's to handle. */
export class EventQueue<Event> {
  readonly #waiting: Event[] = [];
  #taker: ((event: Event) => void) | undefined;

  get length(): number {
    return this.#waiting.length;
  }

  push(event: Event): void {
    const taker = this.#taker;
    this.#taker = undefined;
    if (taker) taker(event);
    else this.#waiting.push(event);
  }

  /** The next event, as soon as there is one. Rejects when the signal aborts. One taker at a time. */
  next(signal?: AbortSignal): Promise<Event> {
    signal?.throwIfAborted();
    const event = this.#waiting.shift();
    if (event !== undefined) return Promise.resolve(event);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#taker = undefined;
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#taker = (taken) => {
        signal?.removeEventListener('abort', onAbort);
        resolve(taken);
      };
    });
  }
}
