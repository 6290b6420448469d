import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import {
  isPendingIn,
  isPendingOut,
  type SubscriptionState,
  subscriptionAttribute,
} from './subscription-states.ts';

/** What an account knows about another address. */
export interface Contact {
  readonly bare: string;
  /** Absent where the user gave the contact no name. */
  name?: string;
  groups: string[];
  state: SubscriptionState;
  /** Pre-approved (RFC 6121 section 3.4). */
  approved: boolean;
  /** In the roster. A contact that merely asked for a subscription is not (section 3.1.3). */
  listed: boolean;
  /** The request of the contact that waits for an answer, as it came. */
  request?: XmlElement;
}

/** The contacts of one account, and the history of their changes (RFC 6121 sections 2.1 and 2.6). */
export class Roster {
  readonly #contacts = new Map<string, Contact>();
  /** For each contact that was ever listed, the version of its last change, oldest first. */
  readonly #changes = new Map<string, number>();
  #version = 1;

  /** The version identifier that clients see. */
  get version(): string {
    return `v${this.#version}`;
  }

  find(bare: string): Contact | undefined {
    return this.#contacts.get(bare);
  }

  stateOf(bare: string): SubscriptionState {
    return this.#contacts.get(bare)?.state ?? 'None';
  }

  /** The contacts that the user sees. */
  get items(): Contact[] {
    return [...this.#contacts.values()].filter((contact) => contact.listed);
  }

  /** All contacts: also those that only asked for a subscription. */
  get contacts(): Contact[] {
    return [...this.#contacts.values()];
  }

  /** The contact, made where it is not known yet. */
  ensure(bare: string): Contact {
    const known = this.#contacts.get(bare);
    if (known) return known;
    const contact: Contact = { bare, groups: [], state: 'None', approved: false, listed: false };
    this.#contacts.set(bare, contact);
    return contact;
  }

  /** Takes the contact out of the roster; a request of its own that waits for an answer stays. */
  remove(bare: string): void {
    const contact = this.#contacts.get(bare);
    this.#contacts.delete(bare);
    if (contact?.request && isPendingIn(contact.state)) {
      const unlisted = this.ensure(bare);
      unlisted.state = 'None + Pending In';
      unlisted.request = contact.request;
    }
  }

  /** Forgets a contact of which nothing is left to know. */
  tidy(contact: Contact): void {
    if (!contact.listed && contact.state === 'None' && !contact.request) this.#contacts.delete(contact.bare);
  }

  /** Gives a change of the contact a version of its own. */
  noteChange(bare: string): string {
    this.#version++;
    this.#changes.delete(bare);
    this.#changes.set(bare, this.#version);
    return this.version;
  }

  /** What changed after that version, oldest first; `undefined` where the version is not one of ours. */
  changesSince(version: string): { bare: string; version: string }[] | undefined {
    const number = /^v([1-9]\d{0,14})$/.exec(version)?.[1];
    if (number === undefined || Number(number) > this.#version) return undefined;
    return [...this.#changes]
      .filter(([, changed]) => changed > Number(number))
      .map(([bare, changed]) => ({ bare, version: `v${changed}` }));
  }
}

/** The `<item/>` that shows a contact to the user (RFC 6121 section 2.1.2). */
export function rosterItem(contact: Contact): XmlElement {
  const attributes: Record<string, string> = { jid: contact.bare };
  if (contact.name !== undefined) attributes.name = contact.name;
  attributes.subscription = subscriptionAttribute(contact.state);
  if (isPendingOut(contact.state)) attributes.ask = 'subscribe';
  if (contact.approved) attributes.approved = 'true';
  const groups = contact.groups.map((group) => new XmlElement('group', namespaces.roster, {}, [group]));
  return new XmlElement('item', namespaces.roster, attributes, groups);
}

/** The `<item/>` that tells that a contact is gone. */
export function removedItem(bare: string): XmlElement {
  return new XmlElement('item', namespaces.roster, { jid: bare, subscription: 'remove' });
}
