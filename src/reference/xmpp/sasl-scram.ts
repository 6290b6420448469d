import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Fault, FaultSwitch } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import {
  type Preparation,
  preparedText,
  type ScramHash,
  type ScramKeys,
  scramHashes,
  scramIterations,
} from './credentials.ts';
import { decodeText, failure, type SaslExchange, type SaslStep, sameSecret } from './sasl-exchange.ts';
import { authorize } from './sasl-mechanisms.ts';
import {
  type ClientFinal,
  type ClientFirst,
  readClientFinal,
  readClientFirst,
} from './sasl-scram-messages.ts';
import type { ClientStream } from './stream.ts';

export const faults: Fault[] = [
  {
    name: 'scram-accepts-any-proof',
    breaks: [
      'rfc5802/3-password-proof-refused',
      'rfc6120/6.5.10-not-authorized',
      'rfc6120/6.5.10-unknown-user-not-told-apart',
    ],
    summary: 'Lets everybody log in by SCRAM who knows a name',
  },
  {
    name: 'scram-refuses-right-proof',
    breaks: [
      'rfc5802/3-password-proof-accepted',
      'rfc5802/rfc-7677-3-sha-256-plus',
      'rfc5802/rfc-9266-3-tls-exporter',
    ],
    summary: 'Refuses the right proof in SCRAM',
  },
  {
    name: 'scram-signature-is-wrong',
    breaks: ['rfc5802/5.1-server-signature', 'rfc5802/5-additional-data'],
    summary: 'Does not prove to the client that it knows the password, too',
  },
  {
    name: 'scram-forgets-client-nonce',
    breaks: ['rfc5802/5.1-nonce-extended'],
    summary: 'Sends a nonce that does not begin with that of the client',
  },
  {
    name: 'scram-nonce-is-not-random',
    breaks: ['rfc5802/5.1-nonce-fresh'],
    summary: 'Adds the same characters to the nonce of every client',
  },
  {
    name: 'scram-nonce-is-not-checked',
    breaks: ['rfc5802/5.1-nonce-verified'],
    summary: 'Accepts a final message with another nonce',
  },
  {
    name: 'scram-iterates-too-little',
    breaks: ['rfc5802/5.1-iteration-count*', 'rfc5802/rfc-7677-3-sha-256-iteration-count'],
    summary: 'Asks for fewer than 4096 iterations',
  },
  {
    name: 'scram-plus-is-not-offered',
    breaks: [
      'rfc5802/6-both-variants-advertised',
      'rfc5802/rfc-7677-3-sha-256-plus',
      'rfc6120/13.8.1-scram-sha-1-plus',
    ],
    summary: 'Offers no mechanism with channel binding',
  },
  {
    name: 'scram-is-not-offered',
    breaks: ['rfc5802/4-scram-sha-1', 'rfc5802/rfc-7677-3-sha-256', 'rfc6120/13.8.1-scram-sha-1'],
    summary: 'Offers no SCRAM',
  },
  {
    name: 'channel-binding-is-not-checked',
    breaks: ['rfc5802/6-binding-data-validated', 'rfc5802/6-c-validated'],
    summary: 'Accepts any channel-binding data',
  },
  {
    name: 'channel-binding-downgrade-is-accepted',
    breaks: ['rfc5802/6-downgrade-detected'],
    summary: 'Believes a client that was made to think that there is no channel binding here',
  },
  {
    name: 'channel-binding-flag-is-not-looked-at',
    breaks: ['rfc5802/6-c-validated', 'rfc5802/6-downgrade-detected', 'rfc5802/6.1-clients-binding-type'],
    summary: 'Binds or does not bind by the name of the mechanism, whatever the client says that it binds',
  },
  {
    name: 'channel-binding-type-is-not-looked-at',
    breaks: ['rfc5802/6-unsupported-binding-type'],
    summary: 'Takes a channel binding of any type for one of the type that it knows',
  },
  {
    name: 'tls-unique-is-not-known',
    breaks: ['rfc5802/6.1-tls-unique'],
    summary: 'Binds to TLS 1.2 by its certificate only',
  },
  {
    name: 'scram-plus-without-channel',
    breaks: ['rfc5802/6-plain-variant-only'],
    summary: 'Offers mechanisms with channel binding also where there is no TLS',
  },
  {
    name: 'passwords-are-not-prepared',
    breaks: ['rfc5802/2.2-saslprep-or-ascii'],
    summary: 'Takes a password as it is, so that another spelling of it is another password',
  },
  {
    name: 'passwords-are-latin-1',
    breaks: ['rfc5802/3-utf-8'],
    summary: 'Keeps passwords in Latin 1',
  },
  {
    name: 'names-are-not-prepared',
    breaks: ['rfc5802/5.1-username-prepared'],
    summary: 'Takes a user name as it is, so that another spelling of it is another name',
  },
  {
    name: 'scram-extensions-are-ignored',
    breaks: ['rfc5802/5.1-mandatory-extension*'],
    summary: 'Goes on when the client demands an extension that it does not know',
  },
  {
    name: 'scram-challenge-in-another-order',
    breaks: ['rfc5802/5-server-first-message'],
    summary: 'Sends the salt before the nonce',
  },
  {
    name: 'scram-nonce-is-not-printable',
    breaks: ['rfc5802/5.1-nonce-printable'],
    summary: 'Adds octets to the nonce that are no printable characters',
  },
  {
    name: 'scram-salt-without-padding',
    breaks: ['rfc5802/5.1-salt-base64'],
    summary: 'Leaves the padding out of the base64 of the salt',
  },
  {
    name: 'scram-challenge-without-count',
    breaks: ['rfc5802/5.1-iteration-count-sent'],
    summary: 'Does not say how many iterations there are',
  },
];

/** The SCRAM mechanisms (RFC 5802, RFC 7677), the strongest first; with -PLUS where there is a channel to bind to. */
export function scramMechanisms(encrypted: boolean, faults: FaultSwitch): string[] {
  if (faults.active('scram-is-not-offered')) return [];
  const plain = ['SHA-512', 'SHA-256', 'SHA-1'].map((hash) => `SCRAM-${hash}`);
  const plus =
    (encrypted || faults.active('scram-plus-without-channel')) && !faults.active('scram-plus-is-not-offered')
      ? plain.map((name) => `${name}-PLUS`)
      : [];
  return [...plus, ...plain];
}

/** For names that no account has: salts that stay the same while the process lives, as real ones do. */
const pretence = randomBytes(32);

/** The server's side of SCRAM (RFC 5802 section 3). */
export class ScramExchange implements SaslExchange {
  readonly #stream: ClientStream;
  readonly #plus: boolean;
  readonly #hash: ScramHash;
  #first: ClientFirst | undefined;
  #account: LocalAccount | undefined;
  #keys: ScramKeys | undefined;
  #serverFirst = '';
  #nonce = '';

  constructor(stream: ClientStream, mechanism: string) {
    this.#stream = stream;
    this.#plus = mechanism.endsWith('-PLUS');
    this.#hash = mechanism.slice('SCRAM-'.length).replace('-PLUS', '') as ScramHash;
  }

  step(message: Buffer): SaslStep | Promise<SaslStep> {
    const text = decodeText(message);
    if (text === undefined) return failure('malformed-request');
    return this.#first ? this.#finish(text, this.#first) : this.#start(text);
  }

  async #start(text: string): Promise<SaslStep> {
    const { domain } = this.#stream;
    const { faults } = domain;
    const first = readClientFirst(text, faults);
    if (!first || (first.extension && !faults.active('scram-extensions-are-ignored'))) {
      return failure('malformed-request');
    }
    const refused = this.#refusedBinding(first);
    if (refused) return refused;
    this.#first = first;
    const raw = faults.active('names-are-not-prepared');
    const username = raw ? first.username : preparedText(first.username);
    this.#account = username === undefined ? undefined : domain.accounts.find(username);
    if (!this.#account && faults.active('unknown-users-are-told-apart')) return failure('account-disabled');
    const few = faults.active('scram-iterates-too-little');
    this.#keys = await this.#account?.credentials.scramKeys(
      this.#hash,
      few ? 1000 : scramIterations,
      passwordPreparation(faults),
    );
    const salt = this.#keys?.salt ?? pretendedSalt(first.username);
    const iterations = this.#keys?.iterations ?? scramIterations;
    this.#nonce = this.#serverNonce(first);
    this.#serverFirst = this.#challenge(salt.toString('base64'), iterations);
    return { kind: 'challenge', data: Buffer.from(this.#serverFirst) };
  }

  #serverNonce({ nonce }: ClientFirst): string {
    const { faults } = this.#stream.domain;
    const random = faults.active('scram-nonce-is-not-random') ? 'nonce' : randomBytes(18).toString('base64');
    const added = faults.active('scram-nonce-is-not-printable') ? `${random}\u0001` : random;
    return faults.active('scram-forgets-client-nonce') ? added : nonce + added;
  }

  #challenge(salt: string, iterations: number): string {
    const { faults } = this.#stream.domain;
    const r = `r=${this.#nonce}`;
    const s = `s=${faults.active('scram-salt-without-padding') ? salt.replace(/=+$/, '') : salt}`;
    const salted = faults.active('scram-challenge-in-another-order') ? `${s},${r}` : `${r},${s}`;
    return faults.active('scram-challenge-without-count') ? salted : `${salted},i=${iterations}`;
  }

  /** Section 6: the header has to fit the mechanism, and nobody may talk client or server out of the binding. */
  #refusedBinding({ binding }: ClientFirst): SaslStep | undefined {
    const { faults } = this.#stream.domain;
    if (faults.active('channel-binding-flag-is-not-looked-at')) return undefined;
    if (binding.startsWith('p=') !== this.#plus) return failure('malformed-request');
    if (this.#plus) return this.#bindingType(binding) ? undefined : failure('malformed-request');
    const offered = this.#stream.sasl.mechanisms.includes(`SCRAM-${this.#hash}-PLUS`);
    const downgraded = binding === 'y' && offered;
    const believed = faults.active('channel-binding-downgrade-is-accepted');
    return downgraded && !believed ? failure('not-authorized') : undefined;
  }

  /** The type of channel binding that the client chose, where this connection has it. */
  #bindingType(binding: string): string | undefined {
    const { faults } = this.#stream.domain;
    const known = this.#stream.transport.encryption?.channelBindingTypes ?? [];
    const types = known.filter((type) => type !== 'tls-unique' || !faults.active('tls-unique-is-not-known'));
    const chosen = types.find((type) => binding === `p=${type}`);
    return chosen ?? (faults.active('channel-binding-type-is-not-looked-at') ? types[0] : undefined);
  }

  #finish(text: string, first: ClientFirst): SaslStep {
    const { faults } = this.#stream.domain;
    const final = readClientFinal(text, faults);
    if (!final) return failure('malformed-request');
    if (!this.#isBound(final, first) || !this.#isFresh(final)) return failure('not-authorized');
    const keys = this.#keys;
    if (!this.#account || !keys) return failure('not-authorized');
    const signed = `${first.bare},${this.#serverFirst},${final.withoutProof}`;
    const proven = this.#proves(keys, signed, final) && !faults.active('scram-refuses-right-proof');
    if (!proven && !faults.active('scram-accepts-any-proof')) return failure('not-authorized');

    const wrong = faults.active('scram-signature-is-wrong');
    const signature = this.#hmac(wrong ? pretence : keys.serverKey, signed).toString('base64');
    return authorize(this.#stream, this.#account, first.identity, Buffer.from(`v=${signature}`));
  }

  #isBound({ binding }: ClientFinal, first: ClientFirst): boolean {
    if (binding === undefined || this.#stream.domain.faults.active('channel-binding-is-not-checked'))
      return true;
    return sameSecret(Buffer.from(binding, 'base64'), this.#expectedBinding(first));
  }

  #isFresh({ nonce }: ClientFinal): boolean {
    if (nonce === undefined || this.#stream.domain.faults.active('scram-nonce-is-not-checked')) return true;
    return nonce === this.#nonce;
  }

  /** The header, followed by what identifies the channel where it is bound. */
  #expectedBinding({ gs2Header, binding }: ClientFirst): Buffer {
    const type = this.#plus ? this.#bindingType(binding) : undefined;
    const data = type === undefined ? undefined : this.#stream.transport.encryption?.channelBinding(type);
    return Buffer.concat([Buffer.from(gs2Header), data ?? Buffer.alloc(0)]);
  }

  /** ClientProof = ClientKey XOR HMAC(StoredKey, AuthMessage), and StoredKey = H(ClientKey). */
  #proves(keys: ScramKeys, signed: string, { proof }: ClientFinal): boolean {
    if (proof === undefined) return true;
    const signature = this.#hmac(keys.storedKey, signed);
    const given = Buffer.from(proof, 'base64');
    if (given.length !== signature.length) return false;
    const clientKey = signature.map((octet, index) => octet ^ (given[index] ?? 0));
    const storedKey = createHash(scramHashes[this.#hash]).update(clientKey).digest();
    return sameSecret(storedKey, keys.storedKey);
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(scramHashes[this.#hash], key).update(text).digest();
  }
}

/** How this server makes octets of a password. */
export function passwordPreparation(faults: FaultSwitch): Preparation {
  if (faults.active('passwords-are-not-prepared')) return 'raw';
  return faults.active('passwords-are-latin-1') ? 'latin1' : 'prepared';
}

function pretendedSalt(username: string): Buffer {
  return createHmac('sha256', pretence).update(username).digest().subarray(0, 16);
}
