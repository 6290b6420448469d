import { randomUUID } from 'node:crypto';
import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import type { Address } from './address.ts';
import type { XmppDomain } from './domain.ts';
import { deliverPresence, lastPresences } from './presence-delivery.ts';
import { type Contact, rosterItem } from './roster.ts';
import { pushContact } from './roster-pushes.ts';
import type { Session } from './session.ts';
import { withAttributes } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';
import {
  contactIsSubscribed,
  isPendingIn,
  isPendingOut,
  outbound,
  type SubscriptionType,
  userIsSubscribed,
} from './subscription-states.ts';
import { receiveSubscription, sendUnavailable } from './subscriptions-inbound.ts';

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
    name: 'subscription-request-kept-after-answer',
    breaks: ['rfc6121/3.1.3-delivered-until-answered'],
    summary: 'Delivers requests again that were approved or denied',
  },
  {
    name: 'subscription-request-to-resource-is-dropped',
    breaks: ['rfc6121/3.1.2-full-address-made-bare'],
    summary: 'Ignores subscription requests to a full address',
    silent: true,
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
    name: 'pre-approval-can-not-be-taken-back',
    breaks: ['rfc6121/3.2.2-removes-pre-approval', 'rfc6121/3.4.2-cancel-push'],
    summary: 'Keeps a pre-approval that the user takes back',
  },
  {
    name: 'unneeded-cancellation-is-delivered',
    breaks: [
      'rfc6121/3.2.2-pre-approval-removal-not-routed',
      'rfc6121/3.2.3-inbound-unsolicited',
      'rfc6121/A.2.4-outbound-unsubscribed-not-routed',
    ],
    summary: 'Delivers stanzas of type unsubscribed that change nothing',
  },
  {
    name: 'cancellation-shows-presence-to-strangers',
    breaks: ['rfc6121/3.2.2-no-unavailable-without-subscription'],
    summary: 'Sends unavailable presence with a cancellation also to who has no subscription',
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
  const shown = domain.faults.active('cancellation-shows-presence-to-strangers');
  if (type === 'unsubscribed' && (shown || contactIsSubscribed(contact.state)))
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

/** A new subscriber sees at once who is there (section 3.1.5). */
function sendCurrentPresence(domain: XmppDomain, account: LocalAccount, to: string): void {
  if (domain.faults.active('subscription-approval-without-presence')) return;
  for (const presence of lastPresences(account, to)) deliverPresence(domain, to, presence);
}
