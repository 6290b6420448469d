import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import { readAddress } from './address.ts';
import type { XmppDomain } from './domain.ts';
import type { IqRequest } from './iq.ts';
import { type Contact, type Roster, removedItem, rosterItem } from './roster.ts';
import { pushContact, pushRemoval, rosterPush } from './roster-pushes.ts';
import type { Session } from './session.ts';
import { resultOf } from './stanza.ts';
import { errorReply, type StanzaErrorCondition } from './stanza-errors.ts';
import type { SubscriptionState } from './subscription-states.ts';
import { cancelSubscriptions } from './subscriptions.ts';

export const faults: Fault[] = [
  {
    name: 'roster-interim-pushes-missing',
    breaks: ['rfc6121/2.6.3-interim-push-per-change'],
    summary: 'Answers an old version with an empty result and tells nothing of the changes since',
    silent: true,
  },
  {
    name: 'unknown-roster-version-is-current',
    breaks: ['rfc6121/2.6.3-unknown-version-full-roster'],
    summary: 'Answers a version that it never gave with an empty result',
    silent: true,
  },
  {
    name: 'roster-result-without-version',
    breaks: ['rfc6121/2.1.1*', 'rfc6121/2.6*'],
    summary: 'Sends roster results without the version',
  },
  {
    name: 'empty-roster-is-an-error',
    breaks: ['rfc6121/2.1.4*'],
    summary: 'Answers with item-not-found where the roster has no items',
  },
  {
    name: 'roster-omits-contacts',
    breaks: [
      'rfc6121/2-returns-stored',
      'rfc6121/2.1.4-result-one-item-per-contact',
      'rfc6121/2.4.1-update-is-exact',
      'rfc6121/2.4.3-errors-as-for-adding',
    ],
    summary: 'Leaves the newest contact out of roster results',
  },
  {
    name: 'roster-forgets-names',
    breaks: ['rfc6121/2.1.2.4-name-opaque', 'rfc6121/2.3.2-push-to-all', 'rfc6121/2.4.2-item-updated'],
    summary: 'Drops the name of a contact',
  },
  {
    name: 'roster-forgets-groups',
    breaks: ['rfc6121/2.1.2.6-groups-several', 'rfc6121/2.4.1-update-is-exact'],
    summary: 'Drops the groups of a contact',
  },
  {
    name: 'roster-set-merges-groups',
    breaks: ['rfc6121/2.4.1-empty-name-equals-none', 'rfc6121/2.4.1-update-is-exact'],
    summary: 'Adds the groups of an update to those that the contact had',
  },
  {
    name: 'roster-set-grants-subscription',
    breaks: [
      'rfc6121/2.1.2.2-ask-shown',
      'rfc6121/2.1.2.5-set-ignores-subscription',
      'rfc6121/3.1.3-no-automatic-approval',
    ],
    summary:
      'Takes over the subscription, the open request and the pre-approval that a client claims in a roster set',
  },
  {
    name: 'roster-set-goes-unanswered',
    breaks: [
      'rfc6120/8.2.3-answered',
      'rfc6121/2.3.2-result-to-sender',
      'rfc6121/2.4.2-result-to-sender',
      'rfc6121/2.5.2-result-to-sender',
    ],
    summary: 'Sends no result for a roster set',
    silent: true,
  },
  {
    name: 'roster-set-takes-several-items',
    breaks: ['rfc6121/2.3.3-several-items'],
    summary: 'Accepts a roster set that holds more than one item',
  },
  {
    name: 'roster-set-takes-any-groups',
    breaks: ['rfc6121/2.3.3-duplicate-groups', 'rfc6121/2.3.3-group-empty'],
    summary: 'Accepts duplicate, empty and oversized groups',
  },
  {
    name: 'roster-takes-any-address',
    breaks: ['rfc7622/4-roster-item', 'rfc7622/4-rejected'],
    summary: 'Accepts roster items whose jid is no address',
  },
  {
    name: 'roster-set-cuts-long-names',
    breaks: ['rfc6121/2.3.3-name-too-long'],
    summary: 'Cuts a name that is too long instead of refusing it',
  },
  {
    name: 'roster-of-others-can-be-set',
    breaks: ['rfc6121/2.1.5-set-sender-verified', 'rfc6121/2.3.3-forbidden'],
    summary: 'Lets a user write into the roster of another account',
  },
  {
    name: 'roster-removes-unknown-items',
    breaks: ['rfc6121/2.5.3*'],
    summary: 'Reports success for removing what is not in the roster',
  },
  {
    name: 'roster-removal-is-forgotten',
    breaks: ['rfc6121/2.5.2-item-removed'],
    summary: 'Reports the removal of an item and keeps it',
  },
  {
    name: 'roster-removal-keeps-subscriptions',
    breaks: ['rfc6121/2.5.2*'],
    summary: 'Removes an item without cancelling the subscriptions',
    silent: true,
  },
];

/** Where a name or a group of a contact becomes too long (RFC 6121 section 2.3.3), in octets. */
const longestText = 1023;

/** Answers roster gets and sets (RFC 6121 sections 2.2 to 2.6). */
export function answerRoster(domain: XmppDomain, request: IqRequest): XmlElement | undefined {
  const { session, stanza, payload, account } = request;
  const own = account === session.account;
  const foreign = account && domain.faults.active('roster-of-others-can-be-set');
  if (!account) return errorReply(domain, stanza, 'service-unavailable');
  if (payload.name !== 'query') return errorReply(domain, stanza, 'feature-not-implemented');
  if (!own && !(foreign && stanza.get('type') === 'set')) return errorReply(domain, stanza, 'forbidden');
  return stanza.get('type') === 'get' ? getRoster(domain, request) : setRoster(domain, request, account);
}

function getRoster(domain: XmppDomain, { session, stanza, payload }: IqRequest): XmlElement | undefined {
  if (payload.elements.length > 0) return errorReply(domain, stanza, 'bad-request');
  session.interested = true;
  const { roster } = session.account;
  const version = payload.get('ver');
  const changes = version === undefined ? undefined : changesSince(domain, roster, version);
  if (changes) {
    session.send(resultOf(stanza));
    if (domain.faults.active('roster-interim-pushes-missing')) return undefined;
    for (const change of changes) {
      const contact = roster.find(change.bare);
      const item = contact?.listed ? rosterItem(contact) : removedItem(change.bare);
      session.send(rosterPush(domain, session, item, change.version));
    }
    return undefined;
  }
  let items = roster.items.map(rosterItem);
  if (items.length === 0 && domain.faults.active('empty-roster-is-an-error')) {
    return errorReply(domain, stanza, 'item-not-found');
  }
  if (domain.faults.active('roster-omits-contacts')) items = items.slice(0, -1);
  const attributes = domain.faults.active('roster-result-without-version') ? {} : { ver: roster.version };
  return resultOf(stanza, new XmlElement('query', namespaces.roster, attributes, items));
}

function changesSince(domain: XmppDomain, roster: Roster, version: string) {
  const changes = roster.changesSince(version);
  return !changes && domain.faults.active('unknown-roster-version-is-current') ? [] : changes;
}

function setRoster(domain: XmppDomain, request: IqRequest, account: LocalAccount): XmlElement | undefined {
  const { session, stanza, payload } = request;
  const refuse = (condition: StanzaErrorCondition) => errorReply(domain, stanza, condition);
  const items = payload.elements;
  const [item] = items;
  if (!item?.is('item', namespaces.roster)) return refuse('bad-request');
  if (items.length > 1 && !domain.faults.active('roster-set-takes-several-items'))
    return refuse('bad-request');
  const jid = item.get('jid');
  if (jid === undefined) return refuse('bad-request');
  const address = readAddress(jid, domain.faults) ?? unreadAddress(domain, jid);
  if (!address) return refuse('jid-malformed');
  if (address.bare === account.bare) return refuse('not-allowed');

  if (item.get('subscription') === 'remove') {
    const known = account.roster.find(address.bare)?.listed;
    if (!known && !domain.faults.active('roster-removes-unknown-items')) return refuse('item-not-found');
    acknowledgeSet(domain, session, stanza);
    removeItem(domain, account, address.bare);
    return undefined;
  }
  const mistake = mistakeIn(domain, item);
  if (mistake) return refuse(mistake);
  acknowledgeSet(domain, session, stanza);
  const contact = account.roster.ensure(address.bare);
  updateContact(domain, contact, item);
  pushContact(domain, account, contact);
  return undefined;
}

/** A fault puts into the roster whatever it is given. */
function unreadAddress({ faults }: XmppDomain, jid: string): { bare: string } | undefined {
  return faults.active('roster-takes-any-address') ? { bare: jid } : undefined;
}

/** The result precedes the pushes, as in the examples of RFC 6121 section 2.3.2. */
function acknowledgeSet(domain: XmppDomain, session: Session, stanza: XmlElement): void {
  if (!domain.faults.active('roster-set-goes-unanswered')) session.send(resultOf(stanza));
}

function mistakeIn(domain: XmppDomain, item: XmlElement): StanzaErrorCondition | undefined {
  const groups = groupsOf(item);
  const tooLong = (text: string) => Buffer.byteLength(text) > longestText;
  if (tooLong(item.get('name') ?? '') && !domain.faults.active('roster-set-cuts-long-names')) {
    return 'not-acceptable';
  }
  if (domain.faults.active('roster-set-takes-any-groups')) return undefined;
  if (new Set(groups).size < groups.length) return 'bad-request';
  if (groups.some((group) => group === '' || tooLong(group))) return 'not-acceptable';
  return undefined;
}

/** A roster item is atomic: it becomes exactly what was set (RFC 6121 section 2.4.1). */
function updateContact(domain: XmppDomain, contact: Contact, item: XmlElement): void {
  const { faults } = domain;
  contact.listed = true;
  const given = item.get('name');
  const name = faults.active('roster-set-cuts-long-names') ? given?.slice(0, longestText) : given;
  if (name && !faults.active('roster-forgets-names')) contact.name = name;
  else delete contact.name;
  const kept = faults.active('roster-set-merges-groups') ? contact.groups : [];
  const added = faults.active('roster-forgets-groups') ? [] : groupsOf(item);
  contact.groups = [...new Set([...kept, ...added])];
  if (faults.active('roster-set-grants-subscription')) {
    const claimed = { none: 'None', to: 'To', from: 'From', both: 'Both' }[item.get('subscription') ?? ''];
    if (claimed) contact.state = claimed as SubscriptionState;
    if (item.get('ask') === 'subscribe') contact.state = 'None + Pending Out';
    if (item.get('approved') === 'true') contact.approved = true;
  }
}

function groupsOf(item: XmlElement): string[] {
  return item.elements.filter((child) => child.is('group', namespaces.roster)).map((group) => group.text);
}

function removeItem(domain: XmppDomain, account: LocalAccount, bare: string): void {
  const contact = account.roster.find(bare);
  const subscribed = contact && !domain.faults.active('roster-removal-keeps-subscriptions');
  if (subscribed) cancelSubscriptions(domain, account, contact);
  if (domain.faults.active('roster-removal-is-forgotten')) return;
  account.roster.remove(bare);
  pushRemoval(domain, account, bare);
}
