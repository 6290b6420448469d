import { inflateRawSync } from 'node:zlib';
import { Deflater, InflateError, Inflater, tail } from '../../websocket/deflate.ts';
import type { DeflateParameters } from '../../websocket/deflate-offer.ts';
import type { FaultSwitch } from '../fault.ts';
import type { Problem } from './echo-checks.ts';

/** Both directions of permessage-deflate on one connection, as they were agreed (RFC 7692 section 7.2). */
export class EchoCompression {
  readonly #deflater: Deflater;
  readonly #inflater: Inflater;
  readonly #faults: FaultSwitch;

  constructor(agreed: DeflateParameters, largest: number, faults: FaultSwitch) {
    const bits = faults.active('window-bits-are-exceeded') ? 15 : agreed.serverMaxWindowBits;
    const keeps = !agreed.serverNoContextTakeover || faults.active('takeover-is-kept-regardless');
    const clientKeeps = !agreed.clientNoContextTakeover && !faults.active('client-context-is-dropped');
    this.#deflater = new Deflater(bits, keeps);
    const clientBits = faults.active('client-window-is-cut') ? 8 : agreed.clientMaxWindowBits;
    this.#inflater = new Inflater(clientBits, clientKeeps, largest);
    this.#faults = faults;
  }

  /** The message, or why there is none. */
  async inflate(octets: Buffer): Promise<Buffer | Problem> {
    // A fault that is armed after the handshake: an inflater that forgets has no context of the client's.
    if (this.#faults.active('client-context-is-dropped')) this.#inflater.close();
    if (this.#faults.active('inflating-ends-at-a-final-block')) return inflatedToFinalBlock(octets);
    try {
      return await this.#inflater.inflate(octets);
    } catch (error) {
      if (error instanceof InflateError) return { code: error.tooLarge ? 1009 : 1007, why: error.message };
      throw error;
    }
  }

  async deflate(message: Buffer): Promise<Buffer> {
    const octets = await this.#deflater.deflate(message);
    if (this.#faults.active('deflate-tail-is-kept')) return Buffer.concat([octets, tail]);
    if (this.#faults.active('deflate-is-corrupt')) return Buffer.concat([Buffer.from([0x06]), octets]);
    return octets;
  }

  close(): void {
    this.#deflater.close();
    this.#inflater.close();
  }
}

/** Only with a fault on: as a single inflater does it, which ends with the first block that is marked as the last. */
function inflatedToFinalBlock(octets: Buffer): Buffer {
  return inflateRawSync(Buffer.concat([octets, tail, Buffer.from([0x01]), tail]));
}
