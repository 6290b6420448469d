import type { Fault } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import { readAddress } from './address.ts';
import { externalIdentities, isCertifiedWithoutName } from './client-certificates.ts';
import { decodeText, failure, type SaslExchange, type SaslStep } from './sasl-exchange.ts';
import type { ClientStream } from './stream.ts';

export const faults: Fault[] = [
  {
    name: 'plain-accepts-any-password',
    breaks: [
      'rfc6120/6.5.10-not-authorized',
      'rfc6120/6.4.5-failure-states-cause',
      'messaging/auth-wrong-password-refused',
      'messaging/auth-refusals-alike',
    ],
    summary: 'Lets everybody log in by PLAIN who knows a name',
  },
  {
    name: 'plain-refuses-right-password',
    breaks: [
      'rfc6120/6.4.6-success',
      'rfc6120/13.8*',
      'messaging/auth-right-password-accepted',
      'messaging/auth-retry-after-refusal',
    ],
    summary: 'Refuses the right password in PLAIN',
  },
  {
    name: 'plain-takes-malformed-messages',
    breaks: ['rfc6120/6.5.8-malformed-request'],
    summary: 'Accepts PLAIN messages that have not three parts',
  },
  {
    name: 'plain-refuses-long-passwords',
    breaks: ['rfc6120/rfc-4616-2-255-octets'],
    summary: 'Takes PLAIN messages of more than 128 octets for malformed',
  },
  {
    name: 'login-as-others-is-allowed',
    breaks: ['rfc5802/5.1-authorization-identity-checked', 'rfc6120/6.3.8-authorization-checked'],
    summary: 'Lets a client act for any account that it names as authorization identity',
  },
  {
    name: 'own-authorization-identity-is-refused',
    breaks: [
      'rfc5802/5.1-authorization-identity-checked',
      'rfc6120/6.3.8-authorization-checked',
      'rfc6120/6.6-empty-authorization-identity',
    ],
    summary: 'Refuses a client that names its own account as authorization identity',
  },
  {
    name: 'unknown-users-are-told-apart',
    breaks: ['rfc6120/6.5.10-unknown-user*', 'messaging/auth-refusals-alike'],
    summary: 'Fails the login of an account that does not exist with another condition',
  },
  {
    name: 'external-accepts-any-identity',
    breaks: ['rfc6120/6.5.6-invalid-authzid'],
    summary: 'Lets a client with any certificate log in as whom it names',
  },
  {
    name: 'anonymous-accounts-share-a-name',
    breaks: ['rfc6120/4.3.6*'],
    summary: 'Gives every anonymous client the same account',
  },
  {
    name: 'external-needs-no-certificate',
    breaks: ['rfc6120/6.3.8-authorization-checked', 'rfc6120/13.8.4-tls-with-external'],
    summary: 'Lets clients in by EXTERNAL that showed no certificate',
  },
];

/** PLAIN (RFC 4616): authorization identity, NUL, username, NUL, password. */
export class PlainExchange implements SaslExchange {
  readonly #stream: ClientStream;

  constructor(stream: ClientStream) {
    this.#stream = stream;
  }

  step(message: Buffer): SaslStep {
    const { domain } = this.#stream;
    const { faults } = domain;
    const parts = decodeText(message)?.split('\0') ?? [];
    const [identity = '', username = '', password = ''] = parts;
    const malformed = parts.length !== 3 || !username || !password;
    if (malformed && !faults.active('plain-takes-malformed-messages')) return failure('malformed-request');
    if (message.length > 128 && faults.active('plain-refuses-long-passwords'))
      return failure('malformed-request');
    const account = domain.accounts.find(username);
    if (!account && faults.active('unknown-users-are-told-apart')) return failure('account-disabled');
    const known = account?.credentials.isPassword(password) && !faults.active('plain-refuses-right-password');
    if (!account || !(known || faults.active('plain-accepts-any-password'))) return failure('not-authorized');
    return authorize(this.#stream, account, identity);
  }
}

/** Who was authenticated may act for the account of that name, and for no other (RFC 6120 section 6.3.8). */
export function authorize(
  stream: ClientStream,
  account: LocalAccount,
  identity: string,
  data?: Buffer,
): SaslStep {
  const success = (chosen: LocalAccount): SaslStep =>
    data ? { kind: 'success', account: chosen, data } : { kind: 'success', account: chosen };
  if (identity === '') return success(account);
  const address = readAddress(identity);
  const named = address && address.resource === undefined ? stream.domain.accountAt(address) : undefined;
  const { faults } = stream.domain;
  if (named === account && !faults.active('own-authorization-identity-is-refused')) return success(account);
  if (named && faults.active('login-as-others-is-allowed')) return success(named);
  return failure('invalid-authzid');
}

/** Faults take a client without certificate, or without a name in it, at its word. */
function believed(stream: ClientStream, identity: string): string[] {
  const believing = stream.domain.faults.active('external-needs-no-certificate');
  return believing || isCertifiedWithoutName(stream) ? [identity] : [];
}

/** EXTERNAL (RFC 4422 appendix A): the certificate says who the client is, the message may say which of them. */
export class ExternalExchange implements SaslExchange {
  readonly #stream: ClientStream;

  constructor(stream: ClientStream) {
    this.#stream = stream;
  }

  step(message: Buffer): SaslStep {
    const { domain } = this.#stream;
    const identity = decodeText(message);
    if (identity === undefined || identity.includes('\0')) return failure('malformed-request');
    const certified = externalIdentities(this.#stream);
    if (certified.length === 0) certified.push(...believed(this.#stream, identity));
    const wanted = identity === '' ? this.#derived(certified) : this.#asked(identity);
    if (wanted === undefined) return failure('invalid-authzid');
    if (!certified.includes(wanted) && !domain.faults.active('external-accepts-any-identity')) {
      return failure('invalid-authzid');
    }
    const account = domain.accountOf(wanted);
    return account ? { kind: 'success', account } : failure('not-authorized');
  }

  #asked(identity: string): string | undefined {
    const address = readAddress(identity);
    const { faults, name } = this.#stream.domain;
    const moved = faults.active('client-certificate-domain-is-not-looked-at');
    return moved && address?.local ? `${address.local}@${name}` : address?.full;
  }

  /** Of several addresses in the certificate, the one that the stream header is from (RFC 6120 section 13.7.2.2.1). */
  #derived(certified: string[]): string | undefined {
    if (certified.length === 1) return certified[0];
    const claimed = readAddress(this.#stream.claimedFrom ?? '')?.bare;
    return certified.find((address) => address === claimed);
  }
}

/** ANONYMOUS (RFC 4505): an account of its own for whoever asks. The message is a trace, and nobody traces here. */
export class AnonymousExchange implements SaslExchange {
  readonly #stream: ClientStream;

  constructor(stream: ClientStream) {
    this.#stream = stream;
  }

  step(message: Buffer): SaslStep {
    const { accounts, faults } = this.#stream.domain;
    const token = decodeText(message);
    const long = [...(token ?? '')].length > 255;
    if (token === undefined || long) return failure('malformed-request');
    const shared = faults.active('anonymous-accounts-share-a-name');
    const account = shared
      ? (accounts.find('anonymous') ?? accounts.create('anonymous', token || '-'))
      : undefined;
    return { kind: 'success', account: account ?? accounts.createAnonymous() };
  }
}
