import type { Activity } from '../activity.ts';
import type { FaultSwitch } from '../fault.ts';
import type { OperatorSwitch } from '../operators.ts';
import { Accounts, type LocalAccount } from './accounts.ts';
import type { Address } from './address.ts';
import type { TlsIdentity } from './encryption.ts';
import type { Session } from './session.ts';
import type { ClientStream } from './stream.ts';

/** What all streams of one embedded server share. */
export class XmppDomain {
  readonly name: string;
  /** The domain of the service for rooms. */
  readonly rooms: string;
  readonly faults: FaultSwitch;
  readonly operators: OperatorSwitch;
  readonly activity: Activity;
  readonly identity: TlsIdentity;
  readonly accounts: Accounts;
  readonly streams = new Set<ClientStream>();
  #lastInLine = 0;
  /** Sessions that can be resumed, by their SM-ID (XEP-0198 section 5). */
  readonly resumable = new Map<string, Session>();
  /** What is known of sessions that were not resumed in time: stanzas that were handled, by their SM-ID. */
  readonly expired = new Map<string, { account: LocalAccount; handled: number }>();

  constructor(
    name: string,
    ground: { faults: FaultSwitch; operators: OperatorSwitch; activity: Activity; identity: TlsIdentity },
  ) {
    this.name = name;
    this.rooms = `rooms.${name}`;
    this.faults = ground.faults;
    this.operators = ground.operators;
    this.activity = ground.activity;
    this.identity = ground.identity;
    this.accounts = new Accounts(name);
  }

  /** For faults that count what should be random. */
  nextInLine(what: string): string {
    this.#lastInLine += 1;
    return `${what}-${this.#lastInLine}`;
  }

  /** Whether it is a domain of accounts; that of the service for rooms is not. */
  serves(address: Address): boolean {
    return address.domain === this.name;
  }

  /** The account behind `localpart@domainpart` of this domain. */
  accountAt(address: Address): LocalAccount | undefined {
    if (!this.serves(address) || address.local === undefined) return undefined;
    return this.accounts.at(address.local);
  }

  /** The account of a bare address that the server wrote itself. */
  accountOf(bare: string): LocalAccount | undefined {
    const at = bare.indexOf('@');
    return bare.slice(at + 1) === this.name ? this.accounts.find(bare.slice(0, at)) : undefined;
  }

  /** The connected resource that exactly matches the full address. */
  sessionAt(address: Address): Session | undefined {
    if (address.resource === undefined) return undefined;
    return this.accountAt(address)?.sessions.get(address.resource);
  }

  /** Every connected resource of every account. */
  get sessions(): Session[] {
    const accounts = new Set([...this.streams].flatMap((stream) => stream.session?.account ?? []));
    return [...accounts].flatMap((account) => [...account.sessions.values()]);
  }
}
