import { randomUUID } from 'node:crypto';
import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import type { XmppDomain } from './domain.ts';
import { type Contact, removedItem, rosterItem } from './roster.ts';
import type { Session } from './session.ts';
import { withAttributes } from './stanza.ts';

export const faults: Fault[] = [
  {
    name: 'roster-push-missing',
    breaks: [
      'rfc6121/2.1.6-push-error-ignored',
      'rfc6121/2.1.6-roster-push',
      'rfc6121/2.2-pushes-to-interested',
      'rfc6121/2.3.2-push-to-all',
      'rfc6121/2.4.2-push-to-all',
      'rfc6121/2.5.2-push-remove',
      'rfc6121/3.1.2-push-pending-out',
      'rfc6121/3.1.5-approval-push',
      'rfc6121/3.1.6-approval-before-push',
      'rfc6121/3.1.6-approval-push-state',
      'rfc6121/3.2.2-cancel-push',
      'rfc6121/3.2.3-inbound-push',
      'rfc6121/3.3.2-push-state',
      'rfc6121/3.3.3-inbound-push',
      'rfc6121/3.4.2-cancel-push',
      'rfc6121/3.4.2-item-for-unknown-contact',
      'rfc6121/3.4.2-normal-approval-when-pending',
      'rfc6121/3.4.2-noted-for-known-contact',
    ],
    summary: 'Changes the roster without telling any resource',
    silent: true,
  },
  {
    name: 'roster-push-to-one-resource-only',
    breaks: [
      'rfc6121/2.1.6-roster-push',
      'rfc6121/2.3.2-push-to-all',
      'rfc6121/2.4.2-push-to-all',
      'rfc6121/2.5.2-push-remove',
      'rfc6121/3.1.2-push-pending-out',
      'rfc6121/3.1.5-approval-push',
      'rfc6121/3.2.2-cancel-push',
      'rfc6121/3.3.2-push-state',
    ],
    summary: 'Pushes a changed item to the first interested resource alone',
    silent: true,
  },
  {
    name: 'roster-push-to-uninterested',
    breaks: ['rfc6121/2.2-pushes-to-interested'],
    summary: 'Pushes changed items to resources that never asked for the roster',
  },
  {
    name: 'roster-push-to-other-accounts',
    breaks: ['rfc6121/2-restricts-access'],
    summary: 'Pushes changed items to everybody who is connected',
  },
  {
    name: 'roster-push-from-stranger',
    breaks: ['rfc6121/2.1.6-push-from-account'],
    summary: 'Sends roster pushes from an address that is not the account',
  },
  {
    name: 'roster-push-with-two-items',
    breaks: ['rfc6121/2.1.6-push-one-item'],
    summary: 'Sends roster pushes that hold the item twice',
  },
  {
    name: 'roster-push-without-version',
    breaks: ['rfc6121/2.6.3-push-carries-version', 'rfc6121/2.6.3-version-without-request'],
    summary: 'Sends roster pushes without the version',
  },
  {
    name: 'roster-push-repeats-version',
    breaks: ['rfc6121/2.6.3-push-version-unique'],
    summary: 'Gives all roster pushes the same version',
  },
];

/** Tells all interested resources of an account how a contact looks now (RFC 6121 section 2.1.6). */
export function pushContact(domain: XmppDomain, account: LocalAccount, contact: Contact): void {
  push(domain, account, contact.bare, rosterItem(contact));
}

/** Tells them that a contact is gone. */
export function pushRemoval(domain: XmppDomain, account: LocalAccount, bare: string): void {
  push(domain, account, bare, removedItem(bare));
}

function push(domain: XmppDomain, account: LocalAccount, bare: string, item: XmlElement): void {
  const version = account.roster.noteChange(bare);
  for (const session of pushedTo(domain, account)) session.send(rosterPush(domain, session, item, version));
}

function pushedTo(domain: XmppDomain, account: LocalAccount): Session[] {
  const { faults } = domain;
  if (faults.active('roster-push-missing')) return [];
  if (faults.active('roster-push-to-other-accounts')) return domain.sessions;
  if (faults.active('roster-push-to-uninterested')) return [...account.sessions.values()];
  if (faults.active('roster-push-to-one-resource-only')) return account.interestedSessions.slice(0, 1);
  return account.interestedSessions;
}

/** One push to one resource. */
export function rosterPush(
  domain: XmppDomain,
  session: Session,
  item: XmlElement,
  version: string,
): XmlElement {
  const { faults } = domain;
  const attributes: Record<string, string> = { ver: version };
  if (faults.active('roster-push-without-version')) delete attributes.ver;
  if (faults.active('roster-push-repeats-version')) attributes.ver = 'v1';
  const items = faults.active('roster-push-with-two-items') ? [item, item] : [item];
  const query = new XmlElement('query', namespaces.roster, attributes, items);
  const addresses = { type: 'set', id: `push-${randomUUID()}`, from: session.bare, to: session.full };
  const stanza = new XmlElement('iq', namespaces.client, addresses, [query]);
  if (!faults.active('roster-push-from-stranger')) return stanza;
  return withAttributes(stanza, { from: `stranger@${domain.name}` });
}
