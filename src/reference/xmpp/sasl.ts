import { XmlElement } from '../../xmpp/element.ts';
import { bareJid } from '../../xmpp/jid.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import { endWithCertificate, externalIdentities, isCertifiedWithoutName } from './client-certificates.ts';
import type { SaslExchange, SaslFailure, SaslStep } from './sasl-exchange.ts';
import { AnonymousExchange, ExternalExchange, PlainExchange } from './sasl-mechanisms.ts';
import { ScramExchange, scramMechanisms } from './sasl-scram.ts';
import type { ClientStream } from './stream.ts';

export const faults: Fault[] = [
  {
    name: 'unknown-mechanism-is-not-authorized',
    breaks: ['rfc6120/6.5.7-invalid-mechanism'],
    summary: 'Answers a mechanism that it does not know with not-authorized',
  },
  {
    name: 'bad-base64-is-not-authorized',
    breaks: ['rfc6120/6.5.5-*'],
    summary: 'Answers data that is not base64 with not-authorized',
  },
  {
    name: 'base64-is-read-past-foreign-characters',
    breaks: ['rfc6120/13.9.1-base64-alphabet', 'rfc6120/13.9.1-base64-padding'],
    summary: 'Takes out of base64 what does not belong there, and reads the rest',
  },
  {
    name: 'malformed-login-is-not-authorized',
    breaks: ['rfc6120/6.5.8-malformed-request'],
    summary: 'Answers data that breaks the rules of the mechanism with not-authorized',
  },
  {
    name: 'malformed-login-ends-stream',
    breaks: ['rfc5802/7-syntax-violations-fail'],
    summary: 'Ends the stream at data that break the rules of the mechanism, instead of failing the login',
  },
  {
    name: 'encryption-is-not-asked-for',
    breaks: ['rfc6120/6.5.4-encryption-required'],
    summary: 'Answers an attempt to authenticate before TLS with not-authorized',
  },
  {
    name: 'abort-is-not-authorized',
    breaks: ['rfc6120/6.4.4-*', 'rfc6120/6.5.1-*'],
    summary: 'Answers an abort with not-authorized',
  },
  {
    name: 'abort-goes-unanswered',
    breaks: ['rfc6120/6.4.4-*', 'rfc6120/6.5.1-*'],
    summary: 'Says nothing to an abort',
    silent: true,
  },
  {
    name: 'ended-login-goes-on',
    breaks: ['rfc6120/6.4.4-abort', 'rfc6120/6.4.5-failure-states-cause'],
    summary: 'Takes the answer to a challenge also after an abort or a failure',
  },
  {
    name: 'sasl-failure-without-condition',
    breaks: [
      'rfc6120/6.5.10-not-authorized',
      'rfc6120/6.5.10-unknown-user-not-told-apart',
      'rfc6120/6.5.5-incorrect-encoding',
      'rfc6120/6.5.6-invalid-authzid',
      'rfc6120/6.5.7-invalid-mechanism',
      'rfc6120/6.5.8-malformed-request',
    ],
    summary: 'Fails a login without saying why',
  },
  {
    name: 'sasl-failure-ends-stream',
    breaks: ['rfc6120/6.4.5-retries-allowed'],
    summary: 'Closes the stream at the first failed login',
  },
  {
    name: 'login-attempts-are-not-limited',
    breaks: ['rfc6120/6.4.5-retries-exceeded-closes', 'rfc6120/6.4.5-retries-allowed'],
    summary: 'Lets a client fail to log in as often as it likes',
    silent: true,
  },
  {
    name: 'login-does-not-compare-from',
    breaks: ['rfc6120/6.4.6*'],
    summary: 'Lets a client log in as somebody else than its stream header said',
  },
  {
    name: 'sasl-success-without-data',
    breaks: ['rfc5802/5-additional-data', 'rfc5802/5.1-server-signature', 'rfc6120/6.3.10-additional*'],
    summary: 'Keeps the last message of the mechanism for itself',
  },
  {
    name: 'empty-response-is-bad-base64',
    breaks: ['rfc6120/6.4.2-empty-initial-response'],
    summary: 'Does not understand that = stands for data of no length',
  },
  {
    name: 'mechanisms-weakest-first',
    breaks: ['rfc6120/6.3.4-external-first'],
    summary: 'Lists its mechanisms with the weakest first',
  },
  {
    name: 'direct-tls-offers-plain-only',
    breaks: ['xep-0368/6-same-features-as-starttls'],
    summary: 'Offers fewer mechanisms on the port for direct TLS than after STARTTLS',
  },
  {
    name: 'framed-stream-is-closed-to-restart',
    breaks: ['rfc7395/3.7-restart*'],
    summary: 'Closes the stream of a WebSocket when the client has logged in, to open it again',
  },
  {
    name: 'second-login-is-ignored',
    breaks: ['rfc6120/6.4.2-second-auth*'],
    summary: 'Says nothing to a login while another one is under way',
    silent: true,
  },
  {
    name: 'login-goes-unanswered',
    breaks: ['rfc6120/6.4.3-challenge', 'rfc6120/6.4.6-success', 'rfc6120/6.4.5-failure-states-cause'],
    summary: 'Says nothing to a login',
    silent: true,
  },
];

/** Failed logins after which the stream ends; RFC 6120 section 6.4.5 wants 2 to 5 retries. */
const attemptLimit = 5;

/** SASL on one stream (RFC 6120 section 6). */
export class SaslNegotiation {
  readonly #stream: ClientStream;
  #exchange: SaslExchange | undefined;
  #failures = 0;

  constructor(stream: ClientStream) {
    this.#stream = stream;
  }

  /** What the stream offers now, the strongest first. PLAIN needs TLS; -PLUS needs a channel to bind to. */
  get mechanisms(): string[] {
    const { encryption, canStartTls, directTls } = this.#stream.transport;
    const { faults } = this.#stream.domain;
    if (directTls && faults.active('direct-tls-offers-plain-only')) return ['PLAIN'];
    const certified =
      externalIdentities(this.#stream).length > 0 ||
      isCertifiedWithoutName(this.#stream) ||
      faults.active('external-needs-no-certificate');
    const external = certified ? ['EXTERNAL'] : [];
    const scram = scramMechanisms(encryption !== undefined, faults);
    const plain =
      encryption || (canStartTls && faults.active('mechanisms-are-offered-before-tls')) ? ['PLAIN'] : [];
    const offered = [...external, ...scram, ...plain, 'ANONYMOUS'];
    return faults.active('mechanisms-weakest-first') ? offered.toReversed() : offered;
  }

  async handle(element: XmlElement): Promise<void> {
    const { faults } = this.#stream.domain;
    if (this.#stream.account) {
      this.#stream.fail({ condition: 'not-authorized', text: 'The stream is authenticated already' });
    } else if (element.name === 'abort') {
      this.#forgetExchange();
      if (faults.active('abort-goes-unanswered')) return;
      this.#fail(faults.active('abort-is-not-authorized') ? 'not-authorized' : 'aborted');
    } else if (element.name === 'auth') await this.#begin(element);
    else if (element.name === 'response') await this.#proceed(element);
    else this.#fail('malformed-request');
  }

  /** A new `<auth/>` puts an end to a handshake that is under way (section 6.4.2). */
  async #begin(element: XmlElement): Promise<void> {
    const stream = this.#stream;
    const { faults } = stream.domain;
    if (faults.active('login-goes-unanswered')) return;
    if (this.#exchange && faults.active('second-login-is-ignored')) return;
    this.#exchange = undefined;
    if (stream.transport.canStartTls && !faults.active('mechanisms-are-offered-before-tls')) {
      this.#fail(faults.active('encryption-is-not-asked-for') ? 'not-authorized' : 'encryption-required');
      return;
    }
    const mechanism = element.get('mechanism') ?? '';
    if (!this.mechanisms.includes(mechanism)) {
      this.#fail(
        faults.active('unknown-mechanism-is-not-authorized') ? 'not-authorized' : 'invalid-mechanism',
      );
      return;
    }
    this.#exchange = exchangeFor(mechanism, stream);
    // All mechanisms here begin with the client: where it said nothing yet, it is asked to.
    if (element.text === '') this.#challenge(Buffer.alloc(0));
    else await this.#proceed(element);
  }

  async #proceed(element: XmlElement): Promise<void> {
    const { faults } = this.#stream.domain;
    const lenient = faults.active('base64-is-read-past-foreign-characters');
    const text = lenient ? element.text.replace(/[^A-Za-z0-9+/]/g, '') : element.text;
    const data = decodeBase64(lenient ? padded(text) : text, faults.active('empty-response-is-bad-base64'));
    if (!this.#exchange) this.#fail('malformed-request');
    else if (!data)
      this.#fail(faults.active('bad-base64-is-not-authorized') ? 'not-authorized' : 'incorrect-encoding');
    else this.#carryOut(await this.#exchange.step(data));
  }

  #carryOut(step: SaslStep): void {
    const { faults } = this.#stream.domain;
    if (step.kind === 'challenge') this.#challenge(step.data);
    else if (step.kind === 'failure') {
      if (step.condition === 'malformed-request' && faults.active('malformed-login-ends-stream')) {
        this.#stream.fail({ condition: 'undefined-condition', text: 'Something went wrong with that login' });
        return;
      }
      const hidden =
        step.condition === 'malformed-request' && faults.active('malformed-login-is-not-authorized');
      this.#fail(hidden ? 'not-authorized' : step.condition);
    } else this.#succeed(step);
  }

  #challenge(data: Buffer): void {
    const text = data.length > 0 ? [data.toString('base64')] : [];
    this.#stream.send(new XmlElement('challenge', namespaces.sasl, {}, text));
  }

  #succeed({ account, data }: SaslStep & { kind: 'success' }): void {
    const stream = this.#stream;
    this.#exchange = undefined;
    const { claimedFrom } = stream;
    const other = claimedFrom !== undefined && bareJid(claimedFrom).toLowerCase() !== account.bare;
    if (other && !account.anonymous && !stream.domain.faults.active('login-does-not-compare-from')) {
      stream.fail({ condition: 'invalid-from', text: `The stream header is from ${claimedFrom}` });
      return;
    }
    const withheld = stream.domain.faults.active('sasl-success-without-data');
    const text = data && !withheld ? [data.toString('base64')] : [];
    stream.send(new XmlElement('success', namespaces.sasl, {}, text));
    stream.account = account;
    endWithCertificate(stream);
    if (stream.domain.faults.active('framed-stream-is-closed-to-restart')) stream.sendClosing();
    stream.restart();
  }

  #forgetExchange(): void {
    if (!this.#stream.domain.faults.active('ended-login-goes-on')) this.#exchange = undefined;
  }

  #fail(condition: SaslFailure): void {
    const { faults } = this.#stream.domain;
    this.#forgetExchange();
    this.#failures++;
    const cause = faults.active('sasl-failure-without-condition')
      ? []
      : [new XmlElement(condition, namespaces.sasl)];
    this.#stream.send(new XmlElement('failure', namespaces.sasl, {}, cause));
    const tooMany = this.#failures >= attemptLimit && !faults.active('login-attempts-are-not-limited');
    if (tooMany || faults.active('sasl-failure-ends-stream')) {
      this.#stream.fail({ condition: 'policy-violation', text: 'Too many attempts to log in' });
    }
  }
}

function exchangeFor(mechanism: string, stream: ClientStream): SaslExchange {
  switch (mechanism) {
    case 'PLAIN':
      return new PlainExchange(stream);
    case 'EXTERNAL':
      return new ExternalExchange(stream);
    case 'ANONYMOUS':
      return new AnonymousExchange(stream);
    default:
      return new ScramExchange(stream, mechanism);
  }
}

function padded(base64: string): string {
  return base64.padEnd(Math.ceil(base64.length / 4) * 4, '=');
}

/** Base64 without white space, padded (RFC 6120 section 13.9.1); a single equals sign is data of no length. */
function decodeBase64(text: string, misunderstood: boolean): Buffer | undefined {
  if (text === '' || (text === '=' && !misunderstood)) return Buffer.alloc(0);
  const proper = /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0;
  return proper ? Buffer.from(text, 'base64') : undefined;
}
