/**
 * Puts octets together that come in parts. It grows by doubling, so that a sender of many tiny parts costs
 * neither copies without end nor an object for each part.
 */
export class OctetCollector {
  #space = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies the part. Where it is known how many octets are to come in all, no space is made for more. */
  add(part: Buffer, inAll = Number.POSITIVE_INFINITY): void {
    const needed = this.#length + part.length;
    if (needed > this.#space.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(inAll, 2 * this.#space.length)));
      this.#space.copy(larger, 0, 0, this.#length);
      this.#space = larger;
    }
    part.copy(this.#space, this.#length);
    this.#length = needed;
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
