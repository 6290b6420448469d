import { XmlElement } from '../../xmpp/element.ts';
import { bareJid } from '../../xmpp/jid.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import type { XmppDomain } from './domain.ts';
import { deliverPresence } from './presence-delivery.ts';
import type { Contact } from './roster.ts';
import { pushContact } from './roster-pushes.ts';
import type { Session } from './session.ts';
import { withChildren } from './stanza.ts';
import {
  contactIsSubscribed,
  inbound,
  isPendingIn,
  outbound,
  type SubscriptionState,
  type SubscriptionType,
} from './subscription-states.ts';

export const faults: Fault[] = [
  {
    name: 'subscription-request-not-delivered',
    breaks: [
      'rfc6121/3.1.3-delivered-once',
      'rfc6121/3.1.3-inbound-full-address-made-bare',
      'rfc6121/3.1.3-no-automatic-approval',
      'rfc6121/3.1.3-stored-complete',
      'rfc6121/3.1.3-to-all-available',
      'rfc6121/A.3.1-inbound-subscribe',
    ],
    summary: 'Loses subscription requests',
    silent: true,
  },
  {
    name: 'subscription-request-without-content',
    breaks: ['rfc6121/3.1.3-stored-complete', 'rfc6121/3.1.3-to-all-available'],
    summary: 'Strips subscription requests of their children',
  },
  {
    name: 'subscription-request-delivered-again',
    breaks: ['rfc6121/A.3.1-inbound-subscribe-not-delivered'],
    summary: 'Delivers every repetition of a request that waits for its answer',
  },
  {
    name: 'subscription-request-not-kept',
    breaks: ['rfc6121/3.1.3-delivered-once', 'rfc6121/3.1.3-stored-complete'],
    summary: 'Forgets subscription requests that come while nobody is available',
    silent: true,
  },
  {
    name: 'subscription-request-fills-roster',
    breaks: ['rfc6121/3.1.3-no-item-before-approval'],
    summary: 'Adds whoever asks for a subscription to the roster',
  },
  {
    name: 'subscription-is-granted-unasked',
    breaks: ['rfc6121/3.1.3*'],
    summary: 'Approves subscription requests on behalf of the contact',
  },
  {
    name: 'subscription-auto-reply-missing',
    breaks: ['rfc6121/3.4.2-request-answered'],
    summary: 'Gives no answer to a request of somebody who is subscribed or pre-approved',
    silent: true,
  },
  {
    name: 'subscription-approval-not-delivered',
    breaks: [
      'rfc6121/3.1.5-approval-order',
      'rfc6121/3.1.6-approval-delivered',
      'rfc6121/3.1.6-approval-before-push',
      'rfc6121/A.3.3-inbound-subscribed',
    ],
    summary: 'Loses subscription approvals',
    silent: true,
  },
  {
    name: 'subscription-approval-after-push',
    breaks: [
      'rfc6121/3.1.6-approval-before-push',
      'rfc6121/3.2.3-inbound-before-push',
      'rfc6121/3.3.3-inbound-before-push',
    ],
    summary: 'Delivers approvals and cancellations after the roster push',
  },
  {
    name: 'pre-approved-request-is-delivered',
    breaks: ['rfc6121/3.4.2-request-not-delivered'],
    summary: 'Delivers a request that was pre-approved',
  },
  {
    name: 'withdrawn-request-is-kept',
    breaks: ['rfc6121/3.3.3-inbound-withdraws-request'],
    summary: 'Delivers requests again that their sender took back',
  },
  {
    name: 'cancellation-without-unavailable',
    breaks: ['rfc6121/3.2.2-unavailable-first', 'rfc6121/3.3.3-inbound-sends-unavailable'],
    summary: 'Ends a subscription without sending unavailable presence',
    silent: true,
  },
  {
    name: 'cancellation-not-delivered',
    breaks: [
      'rfc6121/2.5.2-cancels',
      'rfc6121/2.5.2-mutual-sends-both',
      'rfc6121/3.2-subscription-cancel',
      'rfc6121/3.2.2-unavailable-first',
      'rfc6121/3.2.3-inbound-before-push',
      'rfc6121/A.3.4-inbound-unsubscribed',
    ],
    summary: 'Loses stanzas of type unsubscribed',
    silent: true,
  },
  {
    name: 'unsubscribe-not-delivered',
    breaks: [
      'rfc6121/2.5.2-mutual-sends-both',
      'rfc6121/2.5.2-unsubscribes',
      'rfc6121/3.3-unsubscribe',
      'rfc6121/3.3.3-inbound-before-push',
      'rfc6121/A.3.2-inbound-unsubscribe',
    ],
    summary: 'Loses stanzas of type unsubscribe',
    silent: true,
  },
];

/**
 * Appendix A.3: a subscription stanza arrives at the account that it is for. Returns the stanza that the server
 * answers on behalf of that account, if it does.
 */
export function receiveSubscription(
  domain: XmppDomain,
  to: string,
  stanza: XmlElement,
): XmlElement | undefined {
  const account = domain.accountOf(to);
  // RFC 6121 section 8.5.1: silence does not tell whether the account exists.
  if (!account) return undefined;
  const sender = bareJid(stanza.get('from') ?? '');
  const contact = account.roster.ensure(sender);
  const type = stanza.get('type') as SubscriptionType;
  const answer =
    type === 'subscribe'
      ? receiveRequest(domain, account, contact, stanza)
      : receiveChange(domain, account, contact, stanza, type);
  account.roster.tidy(contact);
  return answer;
}

/** Section 3.1.3 and table 6. */
function receiveRequest(
  domain: XmppDomain,
  account: LocalAccount,
  contact: Contact,
  stanza: XmlElement,
): XmlElement | undefined {
  const { faults } = domain;
  const known = contactIsSubscribed(contact.state);
  const transition = inbound.subscribe[contact.state];
  if (known || contact.approved || faults.active('subscription-is-granted-unasked')) {
    if (!known) grant(domain, account, contact, transition.next);
    if (faults.active('pre-approved-request-is-delivered')) deliver(account.availableSessions, stanza);
    return faults.active('subscription-auto-reply-missing') ? undefined : reply(stanza, 'subscribed');
  }
  contact.state = transition.next;
  if (faults.active('subscription-request-fills-roster')) {
    contact.listed = true;
    pushContact(domain, account, contact);
  }
  const again = !transition.passes && !faults.active('subscription-request-delivered-again');
  if (again || faults.active('subscription-request-not-delivered')) return undefined;
  const bare = faults.active('subscription-request-without-content');
  const delivered = bare ? withChildren(stanza, []) : stanza;
  contact.request ??= delivered;
  deliver(account.availableSessions, delivered);
  if (faults.active('subscription-request-not-kept')) delete contact.request;
  return undefined;
}

/** A request that needs no answer of the user: the contact is subscribed at once. */
function grant(domain: XmppDomain, account: LocalAccount, contact: Contact, asked: SubscriptionState): void {
  contact.state = outbound.subscribed[asked].next;
  contact.listed = true;
  pushContact(domain, account, contact);
}

/** Sections 3.1.6, 3.2.3 and 3.3.3, tables 7 to 9. */
function receiveChange(
  domain: XmppDomain,
  account: LocalAccount,
  contact: Contact,
  stanza: XmlElement,
  type: Exclude<SubscriptionType, 'subscribe'>,
): XmlElement | undefined {
  const { faults } = domain;
  const before = contact.state;
  const transition = inbound[type][before];
  const unsolicited = type === 'subscribed' && faults.active('unsolicited-approval-subscribes');
  const unneeded = type === 'unsubscribed' && faults.active('unneeded-cancellation-is-delivered');
  if (!transition.passes && !unsolicited && !unneeded) return undefined;
  if (type === 'unsubscribe' && isPendingIn(before) && faults.active('withdrawn-request-is-kept'))
    return undefined;

  contact.state = unsolicited && before === 'None' ? 'To' : transition.next;
  if (contact.state === 'To') contact.listed = true;
  if (!isPendingIn(contact.state)) delete contact.request;
  const lost = faults.active(lossOf[type]);
  const after = faults.active('subscription-approval-after-push');
  const listeners = lost ? [] : account.interestedSessions;
  if (!after) deliver(listeners, stanza);
  if (contact.listed && contact.state !== before) pushContact(domain, account, contact);
  if (after) deliver(listeners, stanza);
  if (type !== 'unsubscribe') return undefined;
  if (contactIsSubscribed(before)) sendUnavailable(domain, account, contact);
  return reply(stanza, 'unsubscribed');
}

const lossOf = {
  subscribed: 'subscription-approval-not-delivered',
  unsubscribed: 'cancellation-not-delivered',
  unsubscribe: 'unsubscribe-not-delivered',
} as const;

/** A resource became available: it gets the requests that wait for an answer (section 3.1.3, rule 4). */
export function deliverWaitingRequests(session: Session): void {
  for (const contact of session.account.roster.contacts) {
    if (contact.request) session.send(contact.request);
  }
}

/** Whoever loses the subscription learns that the resources of the account are gone (section 3.2.2). */
export function sendUnavailable(domain: XmppDomain, account: LocalAccount, contact: Contact): void {
  if (domain.faults.active('cancellation-without-unavailable')) return;
  for (const session of account.availableSessions) {
    const attributes = { type: 'unavailable', from: session.full, to: contact.bare };
    deliverPresence(domain, contact.bare, new XmlElement('presence', namespaces.client, attributes));
  }
}

function deliver(sessions: Session[], stanza: XmlElement): void {
  for (const session of sessions) session.send(stanza);
}

/** The answer of an account that the stanza was for; the id tells what it answers. */
function reply(stanza: XmlElement, type: SubscriptionType): XmlElement {
  const from = stanza.get('to') ?? '';
  const to = bareJid(stanza.get('from') ?? '');
  const id = stanza.get('id');
  const attributes = { type, from, to, ...(id === undefined ? {} : { id }) };
  return new XmlElement('presence', namespaces.client, attributes);
}
