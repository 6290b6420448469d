import { randomBytes, randomUUID } from 'node:crypto';
import type { XmlElement } from '../../xmpp/element.ts';
import { bareJid } from '../../xmpp/jid.ts';
import type { Fault, FaultSwitch } from '../fault.ts';
import { preparedLocalpart } from './address.ts';
import { Credentials } from './credentials.ts';
import { Roster } from './roster.ts';
import type { Session } from './session.ts';
import { contactIsSubscribed } from './subscription-states.ts';

export const faults: Fault[] = [
  {
    name: 'restart-loses-accounts',
    breaks: ['messaging/reconnection-server-restart-survived'],
    summary: 'Forgets its accounts, and all that belongs to them, when it restarts',
  },
];

/** A message that waits for its recipient. */
export interface OfflineMessage {
  readonly stanza: XmlElement;
  readonly since: Date;
}

/** Somebody who may log in, and what the server keeps for them. */
export class LocalAccount {
  readonly username: string;
  readonly bare: string;
  credentials: Credentials;
  /** Made by SASL ANONYMOUS; forgotten with its last session. */
  readonly anonymous: boolean;
  readonly roster = new Roster();
  /** The connected resources, by resourcepart, in the order in which they were bound. */
  readonly sessions = new Map<string, Session>();
  offline: OfflineMessage[] = [];
  /** When the last resource became unavailable. */
  unavailableSince: Date | undefined;

  constructor(username: string, domain: string, password: string, anonymous = false) {
    this.username = username;
    this.bare = `${username}@${domain}`;
    this.credentials = new Credentials(password);
    this.anonymous = anonymous;
  }

  /** The resources that sent initial presence, those bound first leading. */
  get availableSessions(): Session[] {
    return [...this.sessions.values()].filter((session) => session.available);
  }

  /** The resources that asked for the roster (RFC 6121 section 2.2). */
  get interestedSessions(): Session[] {
    return [...this.sessions.values()].filter((session) => session.interested);
  }

  /** Whether that address may know that the account exists: its own, and those subscribed to its presence. */
  isShownTo(address: string): boolean {
    const bare = bareJid(address);
    return bare === this.bare || contactIsSubscribed(this.roster.stateOf(bare));
  }
}

/** The accounts of a domain. */
export class Accounts {
  readonly #domain: string;
  readonly #byUsername = new Map<string, LocalAccount>();

  constructor(domain: string) {
    this.#domain = domain;
  }

  /** The account of a localpart or username, in any case of letters. */
  find(username: string): LocalAccount | undefined {
    const prepared = preparedLocalpart(username);
    return prepared === undefined ? undefined : this.#byUsername.get(prepared);
  }

  /** The account of a localpart in its comparable form. */
  at(prepared: string): LocalAccount | undefined {
    return this.#byUsername.get(prepared);
  }

  /** Makes an account; `undefined` where the name is taken or can't be one. */
  create(username: string, password: string): LocalAccount | undefined {
    const prepared = preparedLocalpart(username);
    if (prepared === undefined || this.#byUsername.has(prepared)) return undefined;
    return this.#add(new LocalAccount(prepared, this.#domain, password));
  }

  /** An account with a name and a password that nobody guesses. */
  createFresh(): { account: LocalAccount; password: string } {
    const password = randomBytes(12).toString('base64url');
    const account = new LocalAccount(`user-${randomBytes(6).toString('hex')}`, this.#domain, password);
    return { account: this.#add(account), password };
  }

  /** An account for one session (RFC 4505). */
  createAnonymous(): LocalAccount {
    const password = randomBytes(24).toString('base64url');
    return this.#add(new LocalAccount(randomUUID(), this.#domain, password, true));
  }

  /** The process ends, and what is stored is there for the next one. */
  outlive(faults: FaultSwitch): void {
    if (faults.active('restart-loses-accounts')) this.#byUsername.clear();
  }

  remove(account: LocalAccount): void {
    this.#byUsername.delete(account.username);
  }

  #add(account: LocalAccount): LocalAccount {
    this.#byUsername.set(account.username, account);
    return account;
  }
}
