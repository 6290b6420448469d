import type { SaslMechanism, SaslOptions } from './mechanism.ts';
import {
  type ClientFirst,
  checkServerFinal,
  clientFinal,
  clientFirst,
  parseServerFirst,
  ScramError,
  type ScramHash,
  scramKeys,
} from './scram.ts';

/** The client's half of a SCRAM exchange, with or without channel binding. */
export class ScramMechanism implements SaslMechanism {
  readonly name: string;
  readonly #hash: ScramHash;
  readonly #options: SaslOptions;
  readonly #first: ClientFirst;
  #step: 'first' | 'final' | 'signature' | 'done' = 'first';
  #expected: { serverKey: Buffer; authMessage: string } | undefined;

  constructor(name: string, hash: ScramHash, options: SaslOptions) {
    this.name = name;
    this.#hash = hash;
    this.#options = options;
    const { username, authzid, channelBinding, couldBind, overrides = {} } = options;
    this.#first = clientFirst({
      username,
      authzid,
      channelBinding: channelBinding ?? (couldBind ? 'y' : 'n'),
      ...(overrides.unprepared && { unprepared: true }),
      ...(overrides.nonce !== undefined && { nonce: overrides.nonce }),
      ...(overrides.gs2Header !== undefined && { gs2Header: overrides.gs2Header }),
      ...(overrides.mandatoryExtension !== undefined && { mandatoryExtension: overrides.mandatoryExtension }),
      ...(overrides.firstExtensions !== undefined && { extensions: overrides.firstExtensions }),
    });
  }

  initialResponse(): Buffer {
    this.#step = 'final';
    return Buffer.from(this.#first.text);
  }

  async respond(challenge: Buffer): Promise<Buffer> {
    switch (this.#step) {
      case 'first':
        if (challenge.length > 0)
          throw new ScramError('The server speaks first, and in SCRAM the client does');
        return this.initialResponse();
      case 'final':
        return this.#final(challenge.toString());
      case 'signature':
        this.complete(challenge);
        return Buffer.alloc(0);
      default:
        throw new ScramError('The server sends a challenge, and the exchange is over');
    }
  }

  async #final(serverFirst: string): Promise<Buffer> {
    const { nonce, salt, iterations } = parseServerFirst(serverFirst, this.#first.nonce);
    const { password, channelBinding, overrides = {} } = this.#options;
    const keys = await scramKeys(this.#hash, password, salt, iterations);
    const { text, authMessage } = clientFinal({
      hash: this.#hash,
      keys,
      first: this.#first,
      serverFirst,
      nonce: overrides.finalNonce === undefined ? nonce : overrides.finalNonce,
      channelBindingData: channelBinding?.data,
      ...(overrides.channelBindingInput !== undefined && {
        channelBindingInput: overrides.channelBindingInput,
      }),
      ...(overrides.proof !== undefined && { proof: overrides.proof }),
      ...(overrides.finalExtensions !== undefined && { extensions: overrides.finalExtensions }),
    });
    this.#expected = { serverKey: keys.serverKey, authMessage };
    this.#step = 'signature';
    return Buffer.from(text);
  }

  complete(additional: Buffer | undefined): void {
    if (this.#step === 'done' && !additional?.length) return;
    if (!this.#expected || !additional?.length) {
      throw new ScramError(
        'The server claims success without its signature: it has not shown that it knows the password',
      );
    }
    checkServerFinal(additional.toString(), this.#hash, this.#expected.serverKey, this.#expected.authMessage);
    this.#step = 'done';
  }
}
