import { randomUUID } from 'node:crypto';
import { XmlElement } from '../../xmpp/element.ts';
import { bareJid } from '../../xmpp/jid.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import type { Address } from './address.ts';
import type { XmppDomain } from './domain.ts';
import { deliverPresence, lastPresences } from './presence-delivery.ts';
import { type Contact, rosterItem } from './roster.ts';
import { pushContact } from './roster-pushes.ts';
import type { Session } from './session.ts';
import { withAttributes, withChildren } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';
import {
  contactIsSubscribed,
  inbound,
  isPendingIn,
  isPendingOut,
  outbound,
  type SubscriptionState,
  type SubscriptionType,
  userIsSubscribed,
} from './subscription-states.ts';

export const faults: Fault[] = [
  {
    name: 'subscription-stanza-from-full-address',
    breaks: [
      'rfc6120/8.1.2.1-subscription-presence-bare-jid',
      'rfc6121/3-outbound-stamped-bare',
      'rfc6121/3.1.1-roster-set-either-order',
      'rfc6121/3.1.2-stamped-bare',
      'rfc6121/3.1.5-approval-stamped-bare',
      'rfc6121/3.2.2-unsubscribed-stamped-bare',
      'rfc6121/3.3.2-stamped-bare',
    ],
    summary: 'Stamps subscription stanzas with the full address of the sender',
  },
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
    name: 'subscription-request-kept-after-answer',
    breaks: ['rfc6121/3.1.3-stored-complete'],
    summary: 'Delivers requests again that were approved or denied',
  },
  {
    name: 'subscription-request-fills-roster',
    breaks: ['rfc6121/3.1.3-no-automatic-approval'],
    summary: 'Adds whoever asks for a subscription to the roster',
  },
  {
    name: 'subscription-is-granted-unasked',
    breaks: ['rfc6121/3.1.3*'],
    summary: 'Approves subscription requests on behalf of the contact',
  },
  {
    name: 'subscription-request-to-resource-is-dropped',
    breaks: ['rfc6121/3.1.2-full-address-made-bare'],
    summary: 'Ignores subscription requests to a full address',
    silent: true,
  },
  {
    name: 'subscription-auto-reply-missing',
    breaks: ['rfc6121/3.1.3-pre-approved-auto-reply'],
    summary: 'Gives no answer to a request of somebody who is subscribed or pre-approved',
    silent: true,
  },
  {
    name: 'subscription-approval-not-delivered',
    breaks: [
      'rfc6121/3.1.5-approval-sends-presence',
      'rfc6121/3.1.5-approval-stamped-bare',
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
    name: 'subscription-approval-without-presence',
    breaks: ['rfc6121/3.1.5-approval-sends-presence'],
    summary: 'Sends no current presence to a new subscriber',
    silent: true,
  },
  {
    name: 'unsolicited-approval-subscribes',
    breaks: [
      'rfc6121/3.1.6-approval-unsolicited',
      'rfc6121/3.4.2-ignored-when-subscribed',
      'rfc6121/A.2.3-outbound-subscribed',
    ],
    summary: 'Delivers approvals of requests that were never made, and changes the state',
  },
  {
    name: 'pre-approval-is-ignored',
    breaks: [
      'rfc6121/2.1.2.1-approved-shown',
      'rfc6121/3.4-pre-approval',
      'rfc6121/3.4.2-cancel-push',
      'rfc6121/3.4.2-request-not-delivered',
    ],
    summary: 'Takes no note of pre-approvals although it advertises them',
    silent: true,
  },
  {
    name: 'pre-approved-request-is-delivered',
    breaks: ['rfc6121/3.4.2-request-not-delivered'],
    summary: 'Delivers a request that was pre-approved',
  },
  {
    name: 'pre-approval-can-not-be-taken-back',
    breaks: ['rfc6121/3.2.2-removes-pre-approval', 'rfc6121/3.4.2-cancel-push'],
    summary: 'Keeps a pre-approval that the user takes back',
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
    name: 'unneeded-cancellation-is-delivered',
    breaks: [
      'rfc6121/3.2.2-no-unavailable-without-subscription',
      'rfc6121/3.2.2-removes-pre-approval',
      'rfc6121/A.2.4-outbound-unsubscribed-not-routed',
    ],
    summary: 'Delivers stanzas of type unsubscribed that change nothing',
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
  {
    name: 'unsubscribe-keeps-subscription',
    breaks: ['rfc6121/3.3-unsubscribe', 'rfc6121/A.2.2-outbound-unsubscribe'],
    summary: 'Leaves the state of the user as it was after an unsubscribe',
  },
];

/** What a user sends to manage a subscription (RFC 6121 sections 3.1.2, 3.1.5, 3.2.2, 3.3.2 and 3.4.2). */
export function sendSubscription(
  domain: XmppDomain,
  session: Session,
  stanza: XmlElement,
  to: Address,
): void {
  const { faults } = domain;
  const { account } = session;
  const type = stanza.get('type') as SubscriptionType;
  if (!domain.serves(to)) {
    session.send(errorReply(domain, stanza, 'remote-server-not-found'));
    return;
  }
  if (to.bare === account.bare || to.local === undefined) return;
  if (to.resource !== undefined && !reachesAccount(domain, type, to)) return;
  const from = faults.active('subscription-stanza-from-full-address') ? session.full : account.bare;
  processOutbound(domain, account, withAttributes(stanza, { from, to: to.bare }));
}

/** A request to a full address counts as one to the account; the rest only where the resource is there. */
function reachesAccount(domain: XmppDomain, type: SubscriptionType, to: Address): boolean {
  if (type !== 'subscribe') return domain.sessionAt(to) !== undefined;
  return !domain.faults.active('subscription-request-to-resource-is-dropped');
}

/** Appendix A.2: the state changes, the stanza goes to the contact, the resources of the user are told. */
function processOutbound(domain: XmppDomain, account: LocalAccount, stanza: XmlElement): void {
  const type = stanza.get('type') as SubscriptionType;
  const contact = account.roster.ensure(stanza.get('to') ?? '');
  const before = rosterItem(contact).toXml();
  const wasListed = contact.listed;
  const passes = isPassedOn(domain, type, contact);

  // Whoever was subscribed learns that the resources are gone before it learns why (section 3.2.2).
  if (type === 'unsubscribed' && contactIsSubscribed(contact.state))
    sendUnavailable(domain, account, contact);
  if (type === 'subscribed' && !passes) preApprove(domain, contact);
  changeState(domain, contact, type);

  const answer = passes ? receiveSubscription(domain, contact.bare, stanza) : undefined;
  const changed = before !== rosterItem(contact).toXml() || wasListed !== contact.listed;
  if (contact.listed && changed) pushContact(domain, account, contact);
  account.roster.tidy(contact);
  if (type === 'subscribed' && passes) sendCurrentPresence(domain, account, contact.bare);
  // The answer would end what the user is to keep.
  const kept = type === 'unsubscribe' && domain.faults.active('unsubscribe-keeps-subscription');
  if (answer && !kept) answerRequest(domain, contact.bare, account, answer);
}

function isPassedOn({ faults }: XmppDomain, type: SubscriptionType, { state }: Contact): boolean {
  if (type === 'subscribed' && faults.active('unsolicited-approval-subscribes')) return true;
  if (type === 'unsubscribed' && faults.active('unneeded-cancellation-is-delivered')) return true;
  return outbound[type][state].passes;
}

function changeState({ faults }: XmppDomain, contact: Contact, type: SubscriptionType): void {
  const stays = type === 'unsubscribe' && faults.active('unsubscribe-keeps-subscription');
  if (!stays) contact.state = outbound[type][contact.state].next;
  const taken = type === 'unsubscribed' && !faults.active('pre-approval-can-not-be-taken-back');
  if (taken) contact.approved = false;
  const answered = !isPendingIn(contact.state) && !faults.active('subscription-request-kept-after-answer');
  if (answered) delete contact.request;
  // Who was asked for a subscription, or got one, is in the roster; who merely asks is not.
  if (contact.state !== 'None' && contact.state !== 'None + Pending In') contact.listed = true;
}

/** Section 3.4.2: an approval that nobody asked for yet is kept for the request to come. */
function preApprove(domain: XmppDomain, contact: Contact): void {
  if (contactIsSubscribed(contact.state) || domain.faults.active('pre-approval-is-ignored')) return;
  contact.approved = true;
  contact.listed = true;
}

/** What the contact's server answered at once, and the presence that the user may see now. */
function answerRequest(domain: XmppDomain, contact: string, user: LocalAccount, answer: XmlElement): void {
  receiveSubscription(domain, user.bare, answer);
  const granting = domain.accountOf(contact);
  if (answer.get('type') === 'subscribed' && granting) sendCurrentPresence(domain, granting, user.bare);
}

/**
 * Appendix A.3: a subscription stanza arrives at the account that it is for. Returns the stanza that the server
 * answers on behalf of that account, if it does.
 */
function receiveSubscription(domain: XmppDomain, to: string, stanza: XmlElement): XmlElement | undefined {
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

/** Removing a contact ends what there was between the two (RFC 6121 section 2.5.2). */
export function cancelSubscriptions(domain: XmppDomain, account: LocalAccount, contact: Contact): void {
  const stanza = (type: SubscriptionType) =>
    new XmlElement('presence', namespaces.client, {
      type,
      id: randomUUID(),
      from: account.bare,
      to: contact.bare,
    });
  const cancelled: SubscriptionType[] = [];
  if (userIsSubscribed(contact.state) || isPendingOut(contact.state)) cancelled.push('unsubscribe');
  if (contactIsSubscribed(contact.state)) {
    sendUnavailable(domain, account, contact);
    cancelled.push('unsubscribed');
  }
  contact.state = isPendingIn(contact.state) ? 'None + Pending In' : 'None';
  contact.approved = false;
  for (const type of cancelled) receiveSubscription(domain, contact.bare, stanza(type));
}

function sendUnavailable(domain: XmppDomain, account: LocalAccount, contact: Contact): void {
  if (domain.faults.active('cancellation-without-unavailable')) return;
  for (const session of account.availableSessions) {
    const attributes = { type: 'unavailable', from: session.full, to: contact.bare };
    deliverPresence(domain, contact.bare, new XmlElement('presence', namespaces.client, attributes));
  }
}

/** A new subscriber sees at once who is there (section 3.1.5). */
function sendCurrentPresence(domain: XmppDomain, account: LocalAccount, to: string): void {
  if (domain.faults.active('subscription-approval-without-presence')) return;
  for (const presence of lastPresences(account, to)) deliverPresence(domain, to, presence);
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
