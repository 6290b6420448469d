/** What the first octet of a TLS record says that it holds (RFC 8446 section 5.1). */
const alert = 21;

const headerLength = 5;

/**
 * Follows the records of a TLS connection by their headers, which are in the clear; what they hold is not. Up to TLS 1.2
 * the header of an alert says so, later it looks like any other record.
 */
export class TlsRecords {
  #header: number[] = [];
  #left = 0;
  #last: number | undefined;

  /** The last record that began was an alert. */
  get endedWithAlert(): boolean {
    return this.#last === alert;
  }

  pass(octets: Buffer): void {
    let at = 0;
    while (at < octets.length) {
      if (this.#left > 0) {
        const some = Math.min(this.#left, octets.length - at);
        this.#left -= some;
        at += some;
        continue;
      }
      this.#header.push(octets[at++] ?? 0);
      if (this.#header.length < headerLength) continue;
      const [type, , , high = 0, low = 0] = this.#header;
      this.#header = [];
      this.#last = type;
      this.#left = high * 256 + low;
    }
  }
}
