import type { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault, FaultSwitch } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import type { Address } from './address.ts';
import { answerLegacySession, answerSecondBind } from './binding.ts';
import { answerDisco, answerStranger } from './disco.ts';
import type { XmppDomain } from './domain.ts';
import { answerPing } from './ping.ts';
import { answerRegistration } from './registration.ts';
import { answerRoster } from './roster-protocol.ts';
import type { Session } from './session.ts';
import { resultOf, withAttributes } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';
import { contactIsSubscribed } from './subscription-states.ts';

export const faults: Fault[] = [
  {
    name: 'iq-without-id-goes-unanswered',
    breaks: ['rfc6120/8.2.3-id-required'],
    summary: 'Says nothing to IQ requests that have no id',
    silent: true,
  },
  {
    name: 'iq-type-is-not-checked',
    breaks: ['rfc6120/8.2.3-type-required'],
    summary: 'Takes an IQ of an unknown type for a get',
  },
  {
    name: 'improper-iq-in-passing-is-dropped',
    breaks: ['rfc6120/8.2.3-type-checked-in-passing'],
    summary: 'Says nothing to an IQ of no known type that is for somebody else',
    silent: true,
  },
  {
    name: 'iq-children-are-not-counted',
    breaks: ['rfc6120/8.2.3-request-has-one-child'],
    summary: 'Answers IQ requests with no child or several children with a result',
  },
  {
    name: 'iq-responses-are-answered',
    breaks: ['rfc6120/10.3.3-iq-result-unasked-ignored', 'rfc6120/8.3.1-error-not-answered'],
    summary: 'Answers IQ results and errors with an error',
  },
  {
    name: 'unknown-iq-goes-unanswered',
    breaks: [
      'rfc6120/10.5.2-domain-with-resource',
      'rfc6120/8.2.3-answer-preserves-id',
      'rfc6120/8.4-unknown-iq-service-unavailable',
      'rfc6121/8.5.2.1.3-server-replies',
      'rfc6121/8.5.2.2.3-server-replies',
    ],
    summary: 'Says nothing to IQ requests that it does not understand',
    silent: true,
  },
  {
    name: 'unknown-iq-succeeds',
    breaks: [
      'rfc6120/8.4-unknown-iq-service-unavailable',
      'rfc6121/8.5.2.1.3-server-replies',
      'rfc6121/8.5.2.2.3-server-replies',
    ],
    summary: 'Reports success for IQ requests that it does not understand',
  },
  {
    name: 'iq-to-bare-address-is-delivered',
    breaks: [
      'rfc6120/10.5.3.2-iq-to-account',
      'rfc6121/8.5.2.1.3-known-namespace',
      'rfc6121/8.5.2.1.3-server-replies',
    ],
    summary: 'Delivers an IQ for a bare address to a resource of the account',
  },
  {
    name: 'iq-to-unknown-account-goes-unanswered',
    breaks: ['rfc6120/10.5.3.1-no-such-user-iq', 'rfc6121/8.5.1-iq'],
    summary: 'Says nothing to an IQ for an account that does not exist',
    silent: true,
  },
  {
    name: 'iq-to-missing-resource-goes-unanswered',
    breaks: ['rfc6121/8.5.3.2.3-iq'],
    summary: 'Says nothing to an IQ for a resource that is not connected',
    silent: true,
  },
  {
    name: 'iq-reaches-strangers',
    breaks: ['rfc6121/8.5.3.1-iq-request-without-presence'],
    summary: 'Delivers IQ requests to resources that do not share presence with the sender',
  },
  {
    name: 'disco-is-answered-for-clients',
    breaks: ['xep-0030/3.1-full-jid-to-client'],
    summary: 'Describes a client itself instead of asking it',
    silent: true,
  },
  {
    name: 'iq-response-is-not-delivered',
    breaks: ['rfc6120/8.2.3-iq', 'rfc6121/8.5.3.1-iq-response'],
    summary: 'Loses results and errors on their way between two clients',
    silent: true,
  },
];

/** A request that the server itself answers: for the domain, or on behalf of an account. */
export interface IqRequest {
  readonly session: Session;
  readonly stanza: XmlElement;
  /** The one child of the stanza. */
  readonly payload: XmlElement;
  /** On whose behalf it is answered; absent where the server itself was asked. */
  readonly account: LocalAccount | undefined;
}

type Answer = (domain: XmppDomain, request: IqRequest) => XmlElement | undefined;

/** Who answers requests whose payload is of that namespace. */
const answers: Record<string, Answer> = {
  [namespaces.roster]: answerRoster,
  [namespaces.discoInfo]: answerDisco,
  [namespaces.discoItems]: answerDisco,
  [namespaces.ping]: answerPing,
  [namespaces.register]: answerRegistration,
  [namespaces.bind]: answerSecondBind,
  [namespaces.session]: answerLegacySession,
};

/** Handles an IQ stanza of a client (RFC 6120 sections 8.2.3 and 10, RFC 6121 section 8.5). */
export function handleIq(
  domain: XmppDomain,
  session: Session,
  received: XmlElement,
  to: Address | undefined,
): void {
  const { faults } = domain;
  const known = ['get', 'set', 'result', 'error'].includes(received.get('type') ?? '');
  const mistaken = !known && faults.active('iq-type-is-not-checked');
  const stanza = mistaken ? withAttributes(received, { type: 'get' }) : received;
  const type = stanza.get('type');
  if (type === 'result' || type === 'error') {
    if (faults.active('iq-responses-are-answered')) session.send(errorReply(domain, stanza, 'bad-request'));
    else deliverResponse(domain, stanza, to);
    return;
  }
  if (!stanza.get('id') && faults.active('iq-without-id-goes-unanswered')) return;
  if (!isProperRequest(stanza, faults)) {
    if (to?.resource !== undefined && faults.active('improper-iq-in-passing-is-dropped')) return;
    const text = 'A request has an id, the type get or set, and one child (RFC 6120 section 8.2.3)';
    session.send(errorReply(domain, stanza, 'bad-request', text));
    return;
  }
  if (to && !domain.serves(to)) session.send(errorReply(domain, stanza, 'remote-server-not-found'));
  else if (to?.resource !== undefined && to.local !== undefined) deliverRequest(domain, session, stanza, to);
  else answerHere(domain, session, stanza, to);
}

function isProperRequest(stanza: XmlElement, faults: FaultSwitch): boolean {
  if (!stanza.get('id') || !['get', 'set'].includes(stanza.get('type') ?? '')) return false;
  return stanza.elements.length === 1 || faults.active('iq-children-are-not-counted');
}

/** Results and errors go to the resource that asked; those for an account or the server end here. */
function deliverResponse(domain: XmppDomain, stanza: XmlElement, to: Address | undefined): void {
  if (!to || domain.faults.active('iq-response-is-not-delivered')) return;
  domain.sessionAt(to)?.send(stanza);
}

/** An IQ for a full address (RFC 6121 section 8.5.3). */
function deliverRequest(domain: XmppDomain, session: Session, stanza: XmlElement, to: Address): void {
  const { faults } = domain;
  const recipient = domain.sessionAt(to);
  const answered =
    stanza.child('query', namespaces.discoInfo) && faults.active('disco-is-answered-for-clients');
  if (recipient && answered) {
    answerHere(domain, session, stanza, undefined);
    return;
  }
  if (recipient && (sharesPresence(recipient, session) || faults.active('iq-reaches-strangers'))) {
    recipient.send(stanza);
    return;
  }
  if (!recipient && faults.active('iq-to-missing-resource-goes-unanswered')) return;
  session.send(errorReply(domain, stanza, 'service-unavailable'));
}

/** Whether the recipient lets the sender see that it is there: by a subscription or by directed presence. */
function sharesPresence(recipient: Session, sender: Session): boolean {
  if (recipient.bare === sender.bare) return true;
  if (recipient.directed.has(sender.full) || recipient.directed.has(sender.bare)) return true;
  return contactIsSubscribed(recipient.account.roster.stateOf(sender.bare));
}

/** An IQ for the server or for an account: never delivered to a resource (RFC 6121 section 8.5.2.1.3). */
function answerHere(domain: XmppDomain, session: Session, stanza: XmlElement, to: Address | undefined): void {
  const { faults } = domain;
  const forAccount = !to || to.local !== undefined;
  const account = to ? domain.accountAt(to) : session.account;
  if (forAccount && !account) {
    if (faults.active('iq-to-unknown-account-goes-unanswered')) return;
    const [payload] = stanza.elements;
    session.send(payload ? answerStranger(domain, stanza, payload) : resultOf(stanza));
    return;
  }
  if (to && account && faults.active('iq-to-bare-address-is-delivered')) {
    account.availableSessions[0]?.send(stanza);
    return;
  }
  const answer = answerFor(domain, session, stanza, account);
  if (answer) session.send(answer);
}

function answerFor(
  domain: XmppDomain,
  session: Session,
  stanza: XmlElement,
  account: LocalAccount | undefined,
): XmlElement | undefined {
  const { faults } = domain;
  const [payload] = stanza.elements;
  // Only a fault lets a stanza without a payload come so far.
  if (!payload) return resultOf(stanza);
  const answer = answers[payload.namespace];
  if (answer) return answer(domain, { session, stanza, payload, account });
  if (faults.active('unknown-iq-goes-unanswered')) return undefined;
  if (faults.active('unknown-iq-succeeds')) return resultOf(stanza);
  return errorReply(domain, stanza, 'service-unavailable');
}
