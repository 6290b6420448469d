import type { XmlElement } from '../../xmpp/element.ts';
import type { Fault } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import { type Address, readAddress } from './address.ts';
import type { XmppDomain } from './domain.ts';
import {
  type AddressForm,
  type Condition,
  type Delivery,
  deliveryRules,
  type MessageType,
  messageTypes,
} from './message-rules.ts';
import { storeOffline, withoutForgedStamps } from './offline.ts';
import type { Session } from './session.ts';
import { withAttributes, withChildren } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';

export const faults: Fault[] = [
  {
    name: 'message-without-address-is-dropped',
    breaks: ['rfc6120/10.3.1*', 'rfc6121/8.2*'],
    summary: 'Ignores messages without an address instead of giving them to the sender',
    silent: true,
  },
  {
    name: 'messages-change-places',
    breaks: [
      'messaging/ordering-many-senders-in-order',
      'messaging/ordering-none-lost',
      'messaging/ordering-none-twice',
      'messaging/ordering-one-sender-in-order',
      'rfc6120/10.1-in-order-bare-and-full',
      'rfc6120/10.1-in-order-delivery',
    ],
    summary: 'Holds every message of a client back until the next one has been delivered',
  },
  {
    name: 'message-loses-extensions',
    breaks: ['rfc6120/8.4-unknown-content-delivered-unmodified', 'rfc6121/5.3-extended-content'],
    summary: 'Strips messages of children that it does not know',
  },
  {
    name: 'message-loses-id',
    breaks: ['rfc6121/5*'],
    summary: 'Delivers messages without their id',
  },
  {
    name: 'message-address-is-rewritten',
    breaks: [
      'rfc6120/8.1.1.1-to-not-modified',
      'rfc6121/8.5.2.1.1-chat',
      'rfc6121/8.5.2.1.1-headline',
      'rfc6121/8.5.2.1.1-normal',
      'rfc6121/8.5.2.1.1-to-unchanged',
    ],
    summary: 'Puts the full address of the resource into messages that were for the bare one',
  },
  {
    name: 'message-of-unknown-type-is-dropped',
    breaks: ['rfc6121/5.2.2-unknown-type-is-normal'],
    summary: 'Ignores messages of a type that it does not know instead of taking them for normal ones',
    silent: true,
  },
  {
    name: 'message-to-bare-address-is-refused',
    breaks: ['rfc6120/10.5.3.2-message-to-connected', 'rfc6121/8.5.2.1.1-normal', 'rfc6121/8.5.2.1.1-chat'],
    summary: 'Bounces messages for the bare address of an account that is available',
  },
  {
    name: 'message-to-negative-priority',
    breaks: ['rfc6121/4.7.2.3-priority-default', 'rfc6121/8.5.2.1.1-negative-priority'],
    summary: 'Delivers messages for the bare address also to resources of negative priority',
  },
  {
    name: 'message-to-wrong-resource',
    breaks: [
      'rfc6121/8.5.3.1-chat*',
      'rfc6121/8.5.4-chat-all-needs-opt-in',
      'rfc6121/8.5.3.1-groupchat',
      'rfc6121/8.5.3.1-headline',
      'rfc6121/8.5.3.1-normal',
    ],
    summary: 'Delivers messages for a full address to all available resources',
  },
  {
    name: 'message-to-unavailable-resource-is-dropped',
    breaks: ['rfc6120/10.5.4-matching-resource', 'rfc6121/8.5.3.1-connected-resource'],
    summary: 'Loses messages for a resource that is connected but sent no presence',
    silent: true,
  },
  {
    name: 'headline-to-one-resource',
    breaks: ['rfc6121/8.5.2.1.1-headline'],
    summary: 'Delivers headlines to one of the available resources alone',
    silent: true,
  },
  {
    name: 'headline-is-kept-offline',
    breaks: ['rfc6121/8.5.2.2.1-headline', 'xep-0160/3-headline-not-stored'],
    summary: 'Stores headlines for accounts that are not available',
  },
  {
    name: 'groupchat-to-bare-address-is-delivered',
    breaks: ['rfc6121/8.5.2.1.1-groupchat', 'rfc6121/8.5.2.1.1-groupchat-one-resource'],
    summary: 'Delivers groupchat messages for a bare address',
  },
  {
    name: 'error-message-is-delivered',
    breaks: ['rfc6121/8.5.2.1.1-error', 'rfc6121/8.5.3.2.1-error'],
    summary: 'Delivers messages of type error to other resources than the one they are for',
  },
  {
    name: 'error-message-is-answered',
    breaks: [
      'rfc6120/8.3.1-error-not-answered',
      'rfc6121/8.5.2.1.1-error',
      'rfc6121/8.5.2.2.1-error',
      'rfc6121/8.5.3.2.1-error',
    ],
    summary: 'Bounces messages of type error',
  },
  {
    name: 'normal-message-to-missing-resource-is-delivered',
    breaks: ['rfc6121/8.5.3.2.1-normal', 'rfc6121/8.5.3.2.1-normal-one-resource'],
    summary: 'Delivers normal messages for a resource that is not connected to the others',
  },
  {
    name: 'chat-message-to-missing-resource-is-dropped',
    breaks: [
      'rfc6121/8.5.3.2.1-chat',
      'rfc6121/8.5.3.2.1-chat-negative',
      'rfc6121/8.5.3.2.1-chat-offline',
      'rfc6121/8.5.3.2.1-chat-one-resource',
    ],
    summary: 'Ignores chat messages for a resource that is not connected',
    silent: true,
  },
  {
    name: 'undeliverable-message-is-dropped',
    breaks: [
      'rfc6121/8.5.1-bare-groupchat',
      'rfc6121/8.5.2.1.1-error-condition',
      'rfc6121/8.5.2.1.1-groupchat-negative',
      'rfc6121/8.5.2.2.1-groupchat',
      'rfc6121/8.5.4-choice-follows-8.1',
    ],
    summary: 'Never bounces a message',
    silent: true,
  },
  {
    name: 'message-to-remote-domain-is-dropped',
    breaks: ['rfc6120/10.4*', 'rfc6121/8.3*'],
    summary: 'Ignores stanzas for domains that it can not reach',
    silent: true,
  },
];

/** Messages that the fault `messages-change-places` holds back. */
const heldBack = new WeakMap<Session, XmlElement>();

/** Handles a message of a client (RFC 6120 section 10, RFC 6121 section 8.5). */
export function handleMessage(
  domain: XmppDomain,
  session: Session,
  received: XmlElement,
  to: Address | undefined,
): void {
  const { faults } = domain;
  const stanza = withoutForgedStamps(domain, received);
  if (!faults.active('messages-change-places') || stanza.get('id')?.startsWith('sentinel')) {
    addressMessage(domain, session, stanza, to);
    return;
  }
  const held = heldBack.get(session);
  heldBack.delete(session);
  if (!held) heldBack.set(session, stanza);
  else {
    addressMessage(domain, session, stanza, to);
    addressMessage(domain, session, held, readAddress(held.get('to') ?? ''));
  }
}

function addressMessage(
  domain: XmppDomain,
  session: Session,
  stanza: XmlElement,
  to: Address | undefined,
): void {
  const { faults } = domain;
  if (!to) {
    if (faults.active('message-without-address-is-dropped')) return;
    // RFC 6120 section 10.3.1: meant for the account of the sender.
    const own = readAddress(session.bare);
    if (own) routeMessage(domain, withAttributes(stanza, { to: session.bare }), own);
  } else if (!domain.serves(to)) {
    if (faults.active('message-to-remote-domain-is-dropped') || stanza.get('type') === 'error') return;
    session.send(errorReply(domain, stanza, 'remote-server-not-found'));
  } else if (to.local === undefined) {
    // The server itself has no use for messages (RFC 6120 sections 10.5.1 and 10.5.2).
    if (stanza.get('type') !== 'error') session.send(errorReply(domain, stanza, 'service-unavailable'));
  } else routeMessage(domain, stanza, to);
}

/** Delivers a message to a local account by the table of RFC 6121 section 8.5.4. */
export function routeMessage(domain: XmppDomain, stanza: XmlElement, to: Address): void {
  const type = typeOf(domain, stanza);
  if (!type) return;
  const account = domain.accountAt(to);
  const recipient = domain.sessionAt(to);
  const form = to.resource === undefined ? 'bare' : recipient ? 'full match' : 'full no match';
  const delivery = deliveryRules[conditionOf(account)][form][type];
  const content = contentOf(domain, stanza);
  carryOut(domain, bent(domain, delivery, type, form), { stanza: content, account, recipient });
}

/** An unknown type counts as normal (RFC 6121 section 5.2.2). */
function typeOf(domain: XmppDomain, stanza: XmlElement): MessageType | undefined {
  const known = messageTypes.find((type) => type === stanza.get('type'));
  if (known || stanza.get('type') === undefined) return known ?? 'normal';
  return domain.faults.active('message-of-unknown-type-is-dropped') ? undefined : 'normal';
}

function conditionOf(account: LocalAccount | undefined): Condition {
  if (!account) return 'account does not exist';
  const available = account.availableSessions;
  if (available.length === 0) return 'no active resources';
  return available.every((session) => session.priority < 0)
    ? 'only negative resources'
    : 'non-negative resources';
}

/** A way in which a fault turns the rules: which messages it meets, and what becomes of them. */
interface Bend {
  readonly type?: MessageType;
  readonly form?: AddressForm;
  readonly from?: Delivery;
  readonly to: Delivery;
}

const bends: Record<string, Bend> = {
  'error-message-is-delivered': { type: 'error', from: 'ignore', to: 'all' },
  'error-message-is-answered': { type: 'error', from: 'ignore', to: 'error' },
  'headline-is-kept-offline': { type: 'headline', form: 'bare', from: 'ignore', to: 'offline' },
  'headline-to-one-resource': { type: 'headline', form: 'bare', from: 'all', to: 'most available' },
  'message-to-bare-address-is-refused': { form: 'bare', from: 'most available', to: 'error' },
  'groupchat-to-bare-address-is-delivered': { type: 'groupchat', form: 'bare', to: 'all' },
  'normal-message-to-missing-resource-is-delivered': { type: 'normal', form: 'full no match', to: 'all' },
  'chat-message-to-missing-resource-is-dropped': { type: 'chat', form: 'full no match', to: 'ignore' },
  'message-to-wrong-resource': { from: 'recipient', to: 'all' },
};

/** What becomes of a message by the rules, or by the fault that turns them. */
function bent(domain: XmppDomain, delivery: Delivery, type: MessageType, form: AddressForm): Delivery {
  for (const [fault, bend] of Object.entries(bends)) {
    const met =
      (bend.type ?? type) === type && (bend.form ?? form) === form && (bend.from ?? delivery) === delivery;
    if (met && domain.faults.active(fault)) return bend.to;
  }
  return delivery;
}

function contentOf(domain: XmppDomain, stanza: XmlElement): XmlElement {
  const { faults } = domain;
  let content = stanza;
  if (faults.active('message-loses-id')) content = withAttributes(content, { id: undefined });
  if (faults.active('message-loses-extensions')) {
    const known = content.elements.filter((child) => child.namespace === stanza.namespace);
    content = withChildren(content, known);
  }
  return content;
}

interface RoutedMessage {
  readonly stanza: XmlElement;
  readonly account: LocalAccount | undefined;
  readonly recipient: Session | undefined;
}

function carryOut(
  domain: XmppDomain,
  delivery: Delivery,
  { stanza, account, recipient }: RoutedMessage,
): void {
  switch (delivery) {
    case 'ignore':
      return;
    case 'error':
      bounce(domain, stanza);
      return;
    case 'offline':
      if (account && reachesNegative(domain, account, stanza)) return;
      if (!account || !storeOffline(domain, account, stanza)) bounce(domain, stanza);
      return;
    case 'recipient':
      if (!isOverlooked(domain, recipient)) recipient?.send(stanza);
      return;
    default:
      for (const session of chosen(domain, account, delivery)) deliver(domain, session, stanza);
  }
}

function isOverlooked(domain: XmppDomain, recipient: Session | undefined): boolean {
  return !recipient?.available && domain.faults.active('message-to-unavailable-resource-is-dropped');
}

function deliver(domain: XmppDomain, session: Session, stanza: XmlElement): void {
  const rewritten = domain.faults.active('message-address-is-rewritten');
  session.send(rewritten ? withAttributes(stanza, { to: session.full }) : stanza);
}

function reachesNegative(domain: XmppDomain, account: LocalAccount, stanza: XmlElement): boolean {
  if (!domain.faults.active('message-to-negative-priority')) return false;
  const [session] = account.availableSessions;
  session?.send(stanza);
  return session !== undefined;
}

function chosen(domain: XmppDomain, account: LocalAccount | undefined, delivery: Delivery): Session[] {
  const { faults } = domain;
  const available = account?.availableSessions ?? [];
  if (faults.active('message-to-negative-priority')) return available;
  const eligible = available.filter((session) => session.priority >= 0);
  if (delivery === 'all') return eligible;
  const priorities = eligible.map((session) => session.priority);
  const mostAvailable = eligible.filter((session) => session.priority === Math.max(...priorities));
  return faults.active('headline-to-one-resource') ? mostAvailable.slice(0, 1) : mostAvailable;
}

function bounce(domain: XmppDomain, stanza: XmlElement): void {
  if (domain.faults.active('undeliverable-message-is-dropped')) return;
  const sender = readAddress(stanza.get('from') ?? '');
  const session = sender && domain.sessionAt(sender);
  session?.send(errorReply(domain, stanza, 'service-unavailable'));
}
