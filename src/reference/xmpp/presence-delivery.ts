import type { XmlElement } from '../../xmpp/element.ts';
import type { LocalAccount } from './accounts.ts';
import type { XmppDomain } from './domain.ts';
import type { Session } from './session.ts';
import { withAttributes } from './stanza.ts';

/**
 * Delivers presence to all available resources of the account behind a bare address (RFC 6121 section 8.5.2.1.2);
 * where there is no such account, nothing happens (section 8.5.1).
 */
export function deliverPresence(domain: XmppDomain, to: string, stanza: XmlElement): void {
  for (const session of domain.accountOf(to)?.availableSessions ?? []) deliverPresenceTo(session, stanza);
}

/** Delivers presence to one resource. Who says goodbye is not told about the resource any more (section 4.6.1). */
export function deliverPresenceTo(session: Session, stanza: XmlElement): void {
  if (stanza.get('type') === 'unavailable') session.directed.delete(stanza.get('from') ?? '');
  session.send(stanza);
}

/** The last broadcast presence of each available resource, in full, addressed to somebody. */
export function lastPresences(account: LocalAccount, to: string): XmlElement[] {
  return account.availableSessions.flatMap((session) =>
    session.presence ? [withAttributes(session.presence, { from: session.full, to })] : [],
  );
}
