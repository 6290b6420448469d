import { randomUUID } from 'node:crypto';
import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import { preparedResource, readAddress } from './address.ts';
import type { XmppDomain } from './domain.ts';
import type { IqRequest } from './iq.ts';
import { Session } from './session.ts';
import { endSession } from './session-end.ts';
import { resultOf, withAttributes } from './stanza.ts';
import { errorReply, type StanzaErrorCondition } from './stanza-errors.ts';
import type { ClientStream } from './stream.ts';

export const faults: Fault[] = [
  {
    name: 'generated-resource-is-not-random',
    breaks: ['rfc6120/7.6*'],
    summary: 'Makes the same resource for every client that asks for one',
  },
  {
    name: 'generated-resources-are-counted',
    breaks: ['rfc6120/7.6-random'],
    summary: 'Numbers the resources that it makes up',
  },
  {
    name: 'requested-resource-is-replaced',
    breaks: ['rfc6120/7.7.1-submitted-resource-accepted'],
    summary: 'Binds another resource than the one that the client asked for',
  },
  {
    name: 'bind-result-without-address',
    breaks: ['rfc6120/7.6*', 'rfc6120/7.7*'],
    summary: 'Answers resource binding without the full address',
  },
  {
    name: 'bind-result-of-other-account',
    breaks: [
      'rfc6120/4.3.6-canonicalized-address-told',
      'rfc6120/4.3.6-resource-from-binding',
      'rfc6120/6.4.6-success',
      'rfc6120/7.6-random',
      'rfc6120/7.7.1-submitted-resource-accepted',
    ],
    summary: 'Answers resource binding with the address of another account',
  },
  {
    name: 'bind-goes-unanswered',
    breaks: [
      'rfc6120/7.3.2-no-restart',
      'rfc6120/7.4-advertised-after-sasl',
      'rfc6120/7.5-unique',
      'rfc6120/7.7.1-submitted-resource-accepted',
      'rfc6120/7.7.2.1-unusable-resource-adapted',
    ],
    summary: 'Says nothing to a request for a resource',
    silent: true,
  },
  {
    name: 'resource-conflict-is-ignored',
    breaks: ['rfc6120/7.7.2.2-conflict*', 'rfc6120/4.9.3.3*'],
    summary: 'Gives one resource to two clients and tells neither',
    silent: true,
  },
  {
    name: 'second-bind-succeeds',
    breaks: ['rfc6120/7.1-full-jid'],
    summary: 'Tells a client that has a resource that it has got another one on the same stream',
  },
  {
    name: 'binding-succeeds-before-login',
    breaks: [
      'rfc6120/5.3.1-mandatory',
      'rfc6120/6.3.1-mandatory',
      'rfc6120/13.3-order-of-layers',
      'rfc7590/3.4-clients-authenticated',
    ],
    summary: 'Gives a resource to clients that did not even authenticate',
  },
  {
    name: 'strangers-are-served',
    breaks: ['rfc6121/11-clients-authenticated'],
    summary: 'Delivers what clients send that did not authenticate',
  },
  {
    name: 'invalid-resource-is-bound',
    breaks: ['rfc6120/7.7.2.1*', 'rfc7622/4-bind'],
    summary: 'Binds resources that are no resourceparts',
  },
  {
    name: 'resource-limit-ends-in-conflict',
    breaks: ['rfc6120/7.6.2.1*'],
    summary: 'Answers with conflict where the account has all the resources that it may have',
  },
  {
    name: 'resource-limit-ends-oldest-session',
    breaks: ['rfc6120/7.6.2.1*'],
    summary: 'Ends the oldest session of an account that has all the resources that it may have',
  },
  {
    name: 'bind-attempts-are-not-limited',
    breaks: ['rfc6120/7.7.3*'],
    summary: 'Lets a client fail to bind as often as it likes',
    silent: true,
  },
  {
    name: 'one-bind-attempt-only',
    breaks: ['rfc6120/7.7.3-retries'],
    summary: 'Ends the stream at the first request for a resource that is wrong',
  },
];

/** How often binding may fail; RFC 6120 section 7.7.3 wants 5 to 10 retries. */
const attemptLimit = 10;
/** In octets. */
const longestResource = 1023;
/** How many resources an account may have connected (RFC 6120 section 7.6.2.1). */
const resourceLimit = 10;

/** What no resourcepart holds: controls, private and unassigned characters, and line separators (RFC 7622 section 3.4). */
const forbidden = /[\p{Cc}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

const failedAttempts = new WeakMap<ClientStream, number>();

/** Handles what an authenticated client sends before it has a resource. `false`: not allowed (RFC 6120 section 7.1). */
export function bindResource(stream: ClientStream, account: LocalAccount, stanza: XmlElement): boolean {
  const { domain } = stream;
  const request = stanza.child('bind', namespaces.bind);
  if (stanza.name !== 'iq' || !request) return false;
  if (domain.faults.active('bind-goes-unanswered')) return true;
  if (stanza.get('type') !== 'set' || !stanza.get('id')) return refuse(stream, stanza, 'bad-request');
  if (account.sessions.size >= resourceLimit) {
    const [oldest] = account.sessions.values();
    if (!oldest || !domain.faults.active('resource-limit-ends-oldest-session'))
      return refuse(stream, stanza, constraint(domain));
    replace(domain, oldest);
  }

  const resource = chooseResource(domain, request.child('resource')?.text ?? '');
  if (resource === undefined) return refuse(stream, stanza, 'bad-request');
  const conflicting = account.sessions.get(resource);
  if (conflicting && !domain.faults.active('resource-conflict-is-ignored')) replace(domain, conflicting);
  const session = new Session(account, resource, stream);
  account.sessions.set(resource, session);
  stream.session = session;
  stream.sendStanza(bindResult(domain, session, stanza));
  return true;
}

/** RFC 6120 section 7.6.2.1. */
function constraint({ faults }: XmppDomain): StanzaErrorCondition {
  return faults.active('resource-limit-ends-in-conflict') ? 'conflict' : 'resource-constraint';
}

/** The resource that the client asked for, made to conform, or a random one; `undefined` where it can't be one. */
function chooseResource(domain: XmppDomain, requested: string): string | undefined {
  const { faults } = domain;
  // Section 7.7.2.1: what can be mended is not refused; of a text this long nothing would be left that the client meant.
  if (Buffer.byteLength(requested) > 2 * longestResource) return undefined;
  const mended = shortened(requested.replace(forbidden, '').trim());
  if (mended === '' || faults.active('requested-resource-is-replaced')) {
    if (faults.active('generated-resources-are-counted')) return domain.nextInLine('resource');
    return faults.active('generated-resource-is-not-random') ? 'resource' : randomUUID();
  }
  if (faults.active('invalid-resource-is-bound')) return requested;
  return preparedResource(mended, faults);
}

/** As many whole characters as a resourcepart may hold (RFC 7622 section 3.4). */
function shortened(text: string): string {
  const octets = Buffer.from(text);
  if (octets.length <= longestResource) return text;
  return octets
    .subarray(0, longestResource)
    .toString()
    .replace(/\uFFFD+$/, '')
    .trim();
}

/**
 * Section 7.7.2.2, third choice: the older session gives way. Clients that come back after their connection broke
 * are served best by it.
 */
function replace(domain: XmppDomain, session: Session): void {
  const { stream } = session;
  if (stream) stream.fail({ condition: 'conflict', text: 'The resource was bound by another client' });
  else endSession(domain, session);
}

function bindResult(domain: XmppDomain, session: Session, stanza: XmlElement): XmlElement {
  const { faults } = domain;
  const other = faults.active('bind-result-of-other-account');
  const address = other ? `somebody@${domain.name}/${session.resource}` : session.full;
  const bind = faults.active('bind-result-without-address')
    ? new XmlElement('bind', namespaces.bind)
    : addressElement(address);
  return new XmlElement('iq', namespaces.client, { type: 'result', id: stanza.get('id') ?? '' }, [bind]);
}

function addressElement(address: string): XmlElement {
  return new XmlElement('bind', namespaces.bind, {}, [new XmlElement('jid', namespaces.bind, {}, [address])]);
}

/** A fault gives resources to clients that are nobody yet. `false`: the stanza was not answered. */
export function bindWithoutLogin(stream: ClientStream, stanza: XmlElement): boolean {
  const { faults, name } = stream.domain;
  if (faults.active('strangers-are-served')) return serveStranger(stream.domain, stanza);
  if (!faults.active('binding-succeeds-before-login') || !stanza.child('bind', namespaces.bind)) return false;
  stream.sendStanza(resultOf(stanza, addressElement(`nobody@${name}/${randomUUID()}`)));
  return true;
}

function serveStranger(domain: XmppDomain, stanza: XmlElement): boolean {
  const to = readAddress(stanza.get('to') ?? '');
  const recipients = (to && domain.accountAt(to)?.availableSessions) ?? [];
  for (const session of recipients) session.send(withAttributes(stanza, { from: `nobody@${domain.name}` }));
  return recipients.length > 0;
}

function refuse(stream: ClientStream, stanza: XmlElement, condition: StanzaErrorCondition): boolean {
  const { domain } = stream;
  const error = errorReply(domain, stanza, condition);
  // Neither party has an address yet.
  error.attributes.delete('to');
  error.attributes.delete('from');
  stream.sendStanza(error);
  const failures = (failedAttempts.get(stream) ?? 0) + 1;
  failedAttempts.set(stream, failures);
  const limited = failures > attemptLimit && !domain.faults.active('bind-attempts-are-not-limited');
  if (limited || domain.faults.active('one-bind-attempt-only')) {
    stream.fail({ condition: 'policy-violation', text: 'Too many attempts to bind a resource' });
  }
  return true;
}

/** A client that has a resource asks for another one: one stream has one (RFC 6120 section 7.1). */
export function answerSecondBind(domain: XmppDomain, { session, stanza }: IqRequest): XmlElement {
  if (!domain.faults.active('second-bind-succeeds')) return errorReply(domain, stanza, 'not-allowed');
  const other = stanza.child('bind', namespaces.bind)?.child('resource')?.text || 'another';
  return resultOf(stanza, addressElement(`${session.bare}/${other}`));
}

/** RFC 3921 wanted a session to be established; it is one already, and old clients are content with a result. */
export function answerLegacySession(_domain: XmppDomain, { stanza }: IqRequest): XmlElement {
  return resultOf(stanza);
}
