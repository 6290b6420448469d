import { namespaces } from '../../xmpp/namespaces.ts';
import { readAddress } from './address.ts';
import type { XmppDomain } from './domain.ts';
import type { Unacknowledged } from './managed-session.ts';
import { routeMessage } from './message-routing.ts';
import { endPresence } from './presence.ts';
import type { Session } from './session.ts';
import { delayStamp, withChildren } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';

/** The resource is not connected any more: its presence ends, and what it did not get goes elsewhere. */
export function endSession(domain: XmppDomain, session: Session): void {
  const { account } = session;
  session.stream = undefined;
  if (account.sessions.get(session.resource) === session) account.sessions.delete(session.resource);
  const { management } = session;
  session.management = undefined;
  endPresence(domain, session);
  if (management) {
    management.forget();
    for (const stanza of management.unacknowledged) rescue(domain, stanza);
  }
  if (account.anonymous && account.sessions.size === 0) domain.accounts.remove(account);
}

/** XEP-0198 section 4: what was never acknowledged is treated as if it were for an unavailable resource. */
function rescue(domain: XmppDomain, { stanza, since }: Unacknowledged): void {
  const to = readAddress(stanza.get('to') ?? '');
  const type = stanza.get('type');
  if (!to) return;
  if (stanza.name === 'message' && type !== 'error') {
    const late = stanza.child('delay', namespaces.delay);
    const unsaid = domain.faults.active('offline-messages-without-delay');
    const stamp = late || unsaid ? [] : [delayStamp(domain.name, since)];
    routeMessage(domain, withChildren(stanza, [...stanza.children, ...stamp]), to);
  } else if (stanza.name === 'iq' && (type === 'get' || type === 'set')) {
    const sender = readAddress(stanza.get('from') ?? '');
    const asking = sender && domain.sessionAt(sender);
    asking?.send(errorReply(domain, stanza, 'service-unavailable'));
  }
}
