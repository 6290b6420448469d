import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { LocalAccount, OfflineMessage } from './accounts.ts';
import type { XmppDomain } from './domain.ts';
import type { Session } from './session.ts';
import { delayStamp, withAttributes, withChildren } from './stanza.ts';

export const faults: Fault[] = [
  {
    name: 'offline-messages-are-lost',
    breaks: [
      'messaging/reconnection-offline-messages-kept',
      'rfc6120/10.5.3.2-message-to-disconnected',
      'rfc6121/8-offline-storage',
      'rfc6121/8.5.2.1.1-only-negative-as-offline',
      'rfc6121/8.5.2.2.1-chat',
      'rfc6121/8.5.2.2.1-normal',
      'xep-0160/3-normal-stored',
      'xep-0160/3-chat-stored',
    ],
    summary: 'Accepts messages for accounts that are not available, and loses them',
    silent: true,
  },
  {
    name: 'offline-messages-without-delay',
    breaks: ['xep-0160/2-delay', 'xep-0198/4-delay-stamped'],
    summary: 'Does not say of a stored message that it is late',
  },
  {
    name: 'offline-messages-in-reverse',
    breaks: ['messaging/reconnection-offline-messages-kept', 'rfc6121/8-offline-storage'],
    summary: 'Delivers stored messages with the last one first',
  },
  {
    name: 'offline-messages-are-repeated',
    breaks: ['messaging/reconnection-offline-messages-kept', 'rfc6121/8-offline-storage'],
    summary: 'Delivers stored messages again whenever a resource becomes available',
  },
  {
    name: 'offline-messages-to-negative-priority',
    breaks: ['xep-0160/2-delivered-to-non-negative'],
    summary: 'Delivers stored messages to a resource of negative priority',
  },
  {
    name: 'offline-stamp-in-old-form',
    breaks: ['xep-0160/2-delay-in-utc'],
    summary: 'Stamps stored messages in the form of XEP-0091, which names no time zone',
  },
  {
    name: 'offline-stamp-in-local-time',
    breaks: ['xep-0160/2-delay-true'],
    summary: 'Stamps stored messages with the time of a clock that is two hours ahead, and calls it UTC',
  },
  {
    name: 'offline-messages-are-stamped-twice',
    breaks: ['xep-0160/2-delay-once'],
    summary: 'Says of a stored message twice that it is late',
  },
  {
    name: 'offline-stamp-without-sender',
    breaks: ['xep-0160/2-delay-from'],
    summary: 'Does not say in the stamp of a stored message who delayed it',
  },
  {
    name: 'chat-states-are-kept-offline',
    breaks: ['xep-0160/3-chat-state-not-stored'],
    summary: 'Stores messages that hold nothing but a chat state',
  },
  {
    name: 'forged-stamps-are-delivered',
    breaks: ['xep-0160/2-delay-not-forged'],
    summary: 'Hands on the stamps that a client puts into its messages in the name of the server',
  },
];

/** How many messages are kept for one account; those that come later are bounced. */
const storageLimit = 100;

/** Keeps a message until the account is available, if it is worth that. `false` where there is no room. */
export function storeOffline(domain: XmppDomain, account: LocalAccount, stanza: XmlElement): boolean {
  const { faults } = domain;
  if (faults.active('offline-messages-are-lost')) return true;
  if (isMereChatState(stanza) && !faults.active('chat-states-are-kept-offline')) return true;
  if (account.anonymous || account.offline.length >= storageLimit) return false;
  account.offline.push({ stanza, since: new Date() });
  return true;
}

/** That somebody was writing is of no use to who comes later (XEP-0160 section 3). */
function isMereChatState({ elements }: XmlElement): boolean {
  return elements.length > 0 && elements.every(({ namespace }) => namespace === namespaces.chatStates);
}

/** A resource of negative priority gets no messages but those for its full address (RFC 6121 section 8.5.2.1.1). */
export function takesStoredMessages(domain: XmppDomain, session: Session): boolean {
  return session.priority >= 0 || domain.faults.active('offline-messages-to-negative-priority');
}

/** Delivers what was kept, in the order in which it came, each message with the time of its coming (XEP-0160). */
export function deliverOfflineMessages(domain: XmppDomain, session: Session): void {
  const { account } = session;
  const { faults } = domain;
  const waiting = faults.active('offline-messages-in-reverse')
    ? account.offline.toReversed()
    : account.offline;
  if (!faults.active('offline-messages-are-repeated')) account.offline = [];
  for (const message of waiting) session.send(stamped(domain, message));
}

function stamped(domain: XmppDomain, { stanza, since }: OfflineMessage): XmlElement {
  const { faults } = domain;
  // A message that was kept twice keeps the stamp of the first time.
  const already = stanza.elements.some((child) => isOwnStamp(domain, child));
  if (already || faults.active('offline-messages-without-delay')) return stanza;
  const twice = faults.active('offline-messages-are-stamped-twice');
  const stamp = shownStamp(domain, since);
  return withChildren(stanza, [...stanza.children, stamp, ...(twice ? [stamp] : [])]);
}

function shownStamp({ name, faults }: XmppDomain, since: Date): XmlElement {
  const ahead = faults.active('offline-stamp-in-local-time') ? 7_200_000 : 0;
  const stamp = delayStamp(name, new Date(since.getTime() + ahead));
  if (faults.active('offline-stamp-without-sender')) return withAttributes(stamp, { from: undefined });
  return faults.active('offline-stamp-in-old-form') ? inOldForm(stamp) : stamp;
}

function isOwnStamp({ name }: XmppDomain, child: XmlElement): boolean {
  return child.is('delay', namespaces.delay) && child.get('from') === name;
}

/** A client cannot say in the name of the server that a message is late (XEP-0203, security considerations). */
export function withoutForgedStamps(domain: XmppDomain, stanza: XmlElement): XmlElement {
  const forged = stanza.elements.some((child) => isOwnStamp(domain, child));
  if (!forged || domain.faults.active('forged-stamps-are-delivered')) return stanza;
  const kept = stanza.children.filter((child) => !(child instanceof XmlElement && isOwnStamp(domain, child)));
  return withChildren(stanza, kept);
}

/** 2002-09-10T23:08:25.000Z becomes 20020910T23:08:25. */
function inOldForm(stamp: XmlElement): XmlElement {
  return withAttributes(stamp, { stamp: stamp.get('stamp')?.replaceAll('-', '').replace(/\..*$/, '') });
}
