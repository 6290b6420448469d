import type { XmlElement } from '../../xmpp/element.ts';
import type { LocalAccount } from './accounts.ts';
import type { StreamManagement } from './managed-session.ts';
import type { ClientStream } from './stream.ts';

/**
 * A connected resource (RFC 6120 section 7). It usually lives as long as its stream; with stream management it
 * can outlive it (XEP-0198 section 5).
 */
export class Session {
  readonly account: LocalAccount;
  readonly resource: string;
  readonly bare: string;
  readonly full: string;
  /** Absent while the session waits to be resumed. */
  stream: ClientStream | undefined;
  /** The last broadcast presence; absent before the initial one and after an unavailable one. */
  presence: XmlElement | undefined;
  /** The roster was asked for, so that changes are pushed here. */
  interested = false;
  /** Addresses that got directed presence from here (RFC 6121 section 4.6). */
  readonly directed = new Set<string>();
  management: StreamManagement | undefined;

  constructor(account: LocalAccount, resource: string, stream: ClientStream) {
    this.account = account;
    this.resource = resource;
    this.bare = account.bare;
    this.full = `${account.bare}/${resource}`;
    this.stream = stream;
  }

  /** Sent initial presence and is not gone since. */
  get available(): boolean {
    return this.presence !== undefined;
  }

  /** From -128 to 127; 0 where the presence names none (RFC 6121 section 4.7.2.3). */
  get priority(): number {
    const text = this.presence?.child('priority')?.text.trim();
    return text ? Number(text) : 0;
  }

  /** Delivers a stanza to the client, now or when it comes back. */
  send(stanza: XmlElement): void {
    this.management?.remember(stanza);
    this.stream?.sendStanza(stanza);
    this.management?.requestAcknowledgement();
  }
}
