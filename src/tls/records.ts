/** What the first octet of a TLS record says that it holds (RFC 8446 section 5.1), from change_cipher_spec to heartbeat. */
const [firstType, alert, lastType] = [20, 21, 24];

const headerLength = 5;

/**
 * Follows the records of a TLS connection by their headers, which are in the clear; what they hold is not. Up to TLS 1.2
 * the header of an alert says so, later it looks like any other record.
 */
export class TlsRecords {
  #header: number[] = [];
  #left = 0;
  #last: number | undefined;
  #stray: Buffer | undefined;

  /** The last record that began was an alert. */
  get endedWithAlert(): boolean {
    return this.#last === alert;
  }

  /** What came where a record should have begun, as far as it came at once; `undefined`: nothing but records did. */
  get stray(): Buffer | undefined {
    return this.#stray;
  }

  pass(octets: Buffer): void {
    let at = 0;
    while (at < octets.length && !this.#stray) {
      if (this.#left > 0) {
        const some = Math.min(this.#left, octets.length - at);
        this.#left -= some;
        at += some;
        continue;
      }
      const octet = octets[at] ?? 0;
      if (this.#header.length === 0 && (octet < firstType || octet > lastType)) {
        this.#stray = octets.subarray(at);
        return;
      }
      this.#header.push(octet);
      at++;
      if (this.#header.length < headerLength) continue;
      const [type, , , high = 0, low = 0] = this.#header;
      this.#header = [];
      this.#last = type;
      this.#left = high * 256 + low;
    }
  }
}
