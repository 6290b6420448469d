import { randomUUID } from 'node:crypto';
import { XmlElement } from '../../xmpp/element.ts';
import { bareJid } from '../../xmpp/jid.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import { type Address, readAddress } from './address.ts';
import type { XmppDomain } from './domain.ts';
import { deliverOfflineMessages, takesStoredMessages } from './offline.ts';
import { deliverPresence, deliverPresenceTo, lastPresences } from './presence-delivery.ts';
import { answerProbe } from './presence-probes.ts';
import type { Session } from './session.ts';
import { withAttributes, withChildren } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';
import { contactIsSubscribed, subscriptionTypes, userIsSubscribed } from './subscription-states.ts';
import { sendSubscription } from './subscriptions.ts';
import { deliverWaitingRequests } from './subscriptions-inbound.ts';

export const faults: Fault[] = [
  {
    name: 'presence-not-broadcast',
    breaks: [
      'messaging/presence-contact-seen-online',
      'messaging/presence-last-state-wins',
      'messaging/presence-state-shown',
      'rfc6120/10.3.2-presence-without-to',
      'rfc6121/4.2.2-to-subscribers',
      'rfc6121/4.4.2-to-subscribers',
    ],
    summary: 'Sends presence to no subscriber',
    silent: true,
  },
  {
    name: 'presence-broadcast-to-strangers',
    breaks: [
      'rfc6121/3.1.6-approval-unsolicited',
      'rfc6121/3.2-subscription-cancel',
      'rfc6121/3.3-unsubscribe',
      'rfc6121/4.2.2-to-subscribers-only',
    ],
    summary: 'Sends presence to contacts that are not subscribed',
  },
  {
    name: 'presence-broadcast-to-one-resource',
    breaks: [
      'rfc6121/4.2.3-inbound-to-all-available',
      'rfc6121/4.4.3-inbound-to-all-available',
      'rfc6121/4.5.3-inbound-to-all-available',
      'rfc6121/8.5.2.1.2-to-all-available',
    ],
    summary: 'Delivers presence to the first available resource of a contact alone',
    silent: true,
  },
  {
    name: 'presence-not-sent-to-own-resources',
    breaks: [
      'rfc6121/4.2.2-to-own-resources',
      'rfc6121/4.4.2-to-own-resources',
      'rfc6121/4.5.2-to-own-resources',
      'rfc6121/4.5.2-ungraceful-generated',
    ],
    summary: 'Leaves the resources of the user, and the sender, out of presence broadcasts',
    silent: true,
  },
  {
    name: 'presence-loses-content',
    breaks: [
      'rfc6121/4.3.2-full-stanza-per-resource',
      'rfc6121/4.5.2-full-stanza',
      'rfc6121/4.7.2.1-show-carried',
      'rfc6121/4.7.2.3-priority-range',
      'rfc6121/4.7.3-extended-content',
    ],
    summary: 'Strips presence of its children',
  },
  {
    name: 'presence-type-is-not-checked',
    breaks: ['rfc6121/4.7.1-unknown-type'],
    summary: 'Says nothing to presence of an unknown type',
    silent: true,
  },
  {
    name: 'presence-priority-is-never-negative',
    breaks: ['rfc6121/4.7.2.3-priority-range'],
    summary: 'Refuses presence with a negative priority',
  },
  {
    name: 'contacts-are-not-probed',
    breaks: [
      'messaging/presence-known-on-sign-in',
      'rfc6121/4.2.2-probes',
      'rfc6121/4.3.2-full-stanza-per-resource',
      'rfc6121/4.3.2.1-id-preserved',
    ],
    summary: 'Does not tell a new resource who of its contacts is available',
    silent: true,
  },
  {
    name: 'unavailable-not-broadcast',
    breaks: ['rfc6121/4.5.2*', 'rfc6121/4.5.3*', 'messaging/presence-sign-out-seen'],
    summary: 'Tells nobody when a client says that it is unavailable',
    silent: true,
  },
  {
    name: 'own-presence-without-id',
    breaks: ['rfc6120/8.1.3-id-on-own-messages-and-presence'],
    summary: 'Gives no id to the presence that it makes for clients whose connection broke',
  },
  {
    name: 'vanished-clients-stay-available',
    breaks: ['messaging/presence-lost-connection-seen', 'rfc6121/4.5.2-ungraceful-generated'],
    summary: 'Tells nobody when the stream of a resource ends',
    silent: true,
  },
  {
    name: 'directed-presence-not-delivered',
    breaks: [
      'rfc6120/10.5.3.2-presence-to-available',
      'rfc6121/4.6.3-stranger-told-unavailable',
      'rfc6121/4.6.3-to-stranger',
      'rfc6121/4.6.3-to-subscriber',
      'rfc6121/4.6.3-without-initial-presence',
      'rfc6121/8.5.2.1.2-to-all-available',
      'rfc6121/8.5.2.1.2-to-unchanged',
      'rfc6121/8.5.3.1-iq-request-with-presence',
    ],
    summary: 'Loses directed presence',
    silent: true,
  },
  {
    name: 'directed-presence-joins-broadcasts',
    breaks: ['rfc6121/4.6.3-stranger-no-broadcast'],
    summary: 'Sends later broadcasts also to those who got directed presence',
  },
  {
    name: 'directed-presence-ends-broadcasts',
    breaks: ['rfc6121/4.6.3-subscriber-still-broadcast'],
    summary: 'Leaves subscribers that got directed presence out of later broadcasts',
    silent: true,
  },
  {
    name: 'directed-presence-without-end',
    breaks: ['rfc6121/4.6.3*'],
    summary: 'Does not tell those who got directed presence that the resource is gone',
    silent: true,
  },
];

/** Handles a presence stanza of a client (RFC 6121 sections 3 and 4). */
export function handlePresence(
  domain: XmppDomain,
  session: Session,
  stanza: XmlElement,
  to: Address | undefined,
): void {
  const type = stanza.get('type');
  const subscription = subscriptionTypes.some((known) => known === type);
  if (type === 'error') {
    // An error answers something that the resource sent, and is for nobody else.
    if (to) domain.sessionAt(to)?.send(stanza);
    return;
  }
  if (type === 'probe' && to) answerClientProbe(domain, session, stanza, to);
  else if (subscription && to) sendSubscription(domain, session, stanza, to);
  else if (type !== undefined && type !== 'unavailable') {
    if (!domain.faults.active('presence-type-is-not-checked')) {
      session.send(errorReply(domain, stanza, 'bad-request'));
    }
  } else if (to) sendDirected(domain, session, contentOf(domain, stanza), to);
  else if (type === 'unavailable') becomeUnavailable(domain, session, contentOf(domain, stanza));
  else broadcast(domain, session, stanza);
}

function contentOf(domain: XmppDomain, stanza: XmlElement): XmlElement {
  return domain.faults.active('presence-loses-content') ? withChildren(stanza, []) : stanza;
}

/** Initial and later presence (sections 4.2.2 and 4.4.2). */
function broadcast(domain: XmppDomain, session: Session, stanza: XmlElement): void {
  if (!hasProperPriority(domain, stanza)) {
    session.send(errorReply(domain, stanza, 'bad-request'));
    return;
  }
  const initial = !session.available;
  const receivedMessages = session.available && takesStoredMessages(domain, session);
  const presence = contentOf(domain, stanza);
  session.presence = presence;
  sendToSubscribers(domain, session, presence);
  sendToOwnResources(domain, session, presence);
  if (initial) welcome(domain, session);
  if (!receivedMessages && takesStoredMessages(domain, session)) deliverOfflineMessages(domain, session);
}

function hasProperPriority(domain: XmppDomain, stanza: XmlElement): boolean {
  const priorities = stanza.elements.filter((child) => child.is('priority', namespaces.client));
  const text = priorities[0]?.text.trim() ?? '0';
  if (priorities.length > 1 || !/^[+-]?\d{1,3}$/.test(text)) return false;
  const lowest = domain.faults.active('presence-priority-is-never-negative') ? 0 : -128;
  return Number(text) >= lowest && Number(text) <= 127;
}

function sendToSubscribers(domain: XmppDomain, session: Session, stanza: XmlElement): void {
  const { faults } = domain;
  const recipients = new Set<string>();
  for (const contact of session.account.roster.contacts) {
    const subscribed = contactIsSubscribed(contact.state) || faults.active('presence-broadcast-to-strangers');
    if (subscribed && !faults.active('presence-not-broadcast')) recipients.add(contact.bare);
  }
  if (faults.active('directed-presence-joins-broadcasts')) {
    for (const address of session.directed) recipients.add(address);
  }
  if (faults.active('directed-presence-ends-broadcasts')) {
    for (const address of session.directed) recipients.delete(bareJid(address));
  }
  for (const to of recipients)
    deliverToAddress(domain, to, withAttributes(stanza, { from: session.full, to }));
}

/** An entity is subscribed to its own presence: the sender gets it back, too. */
function sendToOwnResources(domain: XmppDomain, session: Session, stanza: XmlElement): void {
  if (domain.faults.active('presence-not-sent-to-own-resources')) return;
  const own = withAttributes(stanza, { from: session.full, to: session.bare });
  for (const resource of session.account.availableSessions) resource.send(own);
}

/** A new available resource learns who else is there, and what waits for it. */
function welcome(domain: XmppDomain, session: Session): void {
  const { account } = session;
  for (const presence of lastPresences(account, session.bare)) {
    if (presence.get('from') !== session.full) session.send(presence);
  }
  if (!domain.faults.active('contacts-are-not-probed')) {
    for (const contact of account.roster.contacts.filter(({ state }) => userIsSubscribed(state))) {
      const target = readAddress(contact.bare);
      const prober = { bare: session.bare, address: session.bare };
      for (const presence of target ? answerProbe(domain, prober, target) : []) session.send(presence);
    }
  }
  deliverWaitingRequests(session);
}

function answerClientProbe(domain: XmppDomain, session: Session, stanza: XmlElement, to: Address): void {
  const prober = { bare: session.bare, address: session.full };
  for (const presence of answerProbe(domain, prober, to, stanza.get('id'))) session.send(presence);
}

/** Section 4.6.3. */
function sendDirected(domain: XmppDomain, session: Session, stanza: XmlElement, to: Address): void {
  if (!domain.serves(to)) {
    session.send(errorReply(domain, stanza, 'remote-server-not-found'));
    return;
  }
  if (stanza.get('type') === 'unavailable') session.directed.delete(to.full);
  else session.directed.add(to.full);
  if (!domain.faults.active('directed-presence-not-delivered')) deliverToAddress(domain, to.full, stanza);
}

/** Delivers to a bare address (all available resources) or a full one (that resource). */
function deliverToAddress(domain: XmppDomain, address: string, stanza: XmlElement): void {
  const to = readAddress(address);
  if (!to) return;
  if (to.resource !== undefined) {
    const session = domain.sessionAt(to);
    if (session) deliverPresenceTo(session, stanza);
  } else if (domain.faults.active('presence-broadcast-to-one-resource')) {
    const first = domain.accountAt(to)?.availableSessions[0];
    if (first) deliverPresenceTo(first, stanza);
  } else deliverPresence(domain, to.bare, stanza);
}

/** Unavailable presence, as the client sent it or on its behalf (section 4.5.2). */
function becomeUnavailable(domain: XmppDomain, session: Session, stanza: XmlElement): void {
  const { faults } = domain;
  const untold = faults.active('directed-presence-without-end') ? [] : [...session.directed];
  const quiet = faults.active('unavailable-not-broadcast');
  if (session.available && !quiet) {
    sendToSubscribers(domain, session, stanza);
    sendToOwnResources(domain, session, stanza);
    session.account.unavailableSince = new Date();
  }
  session.presence = undefined;
  session.directed.clear();
  for (const to of untold) {
    const bare = bareJid(to);
    const told = !quiet && contactIsSubscribed(session.account.roster.stateOf(bare));
    if (!told) deliverToAddress(domain, to, withAttributes(stanza, { from: session.full, to }));
  }
}

/** The resource is gone, whether it said so or not. */
export function endPresence(domain: XmppDomain, session: Session): void {
  if (!session.available && session.directed.size === 0) return;
  if (domain.faults.active('vanished-clients-stay-available')) return;
  const attributes: Record<string, string> = { type: 'unavailable', from: session.full };
  // RFC 6120 section 8.1.3: whoever makes a stanza gives it an id, and here that is the server.
  if (!domain.faults.active('own-presence-without-id')) attributes.id = randomUUID();
  becomeUnavailable(domain, session, new XmlElement('presence', namespaces.client, attributes));
}
