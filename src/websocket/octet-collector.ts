/** Where it is known how much is to come, room is made for so many times of what is there: little is moved so. */
const ahead = 8;

/**
 * Puts octets together that come in parts. It grows by doubling, so that a sender of many tiny parts costs
 * neither copies without end nor an object for each part.
 */
export class OctetCollector {
  readonly #most: number;
  #space = Buffer.alloc(0);
  #length = 0;

  /** No room is made for more than `most` octets, unless they are there. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  get length(): number {
    return this.#length;
  }

  /** Copies the part. Where it is known how many octets are to come in all, few steps lead to room for them. */
  add(part: Buffer, inAll?: number): void {
    const needed = this.#length + part.length;
    if (needed > this.#space.length) {
      const room =
        inAll === undefined ? Math.min(this.#most, 2 * this.#space.length) : Math.min(inAll, ahead * needed);
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, room));
      this.#space.copy(larger, 0, 0, this.#length);
      this.#space = larger;
    }
    part.copy(this.#space, this.#length);
    this.#length = needed;
  }

  /** This, and nothing else, is what came so far. */
  replaceBy(octets: Buffer): void {
    this.take();
    this.add(octets);
  }

  /** What is there so far; valid until the next part. */
  view(): Buffer {
    return this.#space.subarray(0, this.#length);
  }

  /** What is there; begins anew. */
  take(): Buffer {
    const octets = this.view();
    this.#space = Buffer.alloc(0);
    this.#length = 0;
    return octets;
  }
}
