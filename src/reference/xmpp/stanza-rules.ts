import type { XmlElement } from '../../xmpp/element.ts';
import type { Fault } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import { readAddress } from './address.ts';
import type { XmppDomain } from './domain.ts';
import { handleIq } from './iq.ts';
import { handleMessage } from './message-routing.ts';
import { handlePresence } from './presence.ts';
import { handleForRooms } from './rooms.ts';
import { Session } from './session.ts';
import { withAttributes } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';
import type { ClientStream } from './stream.ts';

export const faults: Fault[] = [
  {
    name: 'sender-is-not-stamped',
    breaks: ['rfc6120/8.1.2*'],
    summary: 'Delivers stanzas without saying whom they are from',
  },
  {
    name: 'sender-is-stamped-without-resource',
    breaks: ['rfc6120/8.1.2*'],
    summary: 'Stamps stanzas with the bare address of the sender',
  },
  {
    name: 'sender-may-lie',
    breaks: ['messaging/auth-identity-not-forgeable', 'rfc6120/8.1.2.1-overridden'],
    summary: 'Believes the from that a client puts on its stanzas',
  },
  {
    name: 'default-language-is-not-stamped',
    breaks: ['rfc6120/4.7.4-stream-language-remembered'],
    summary: 'Delivers stanzas without the language of the stream that they came on',
  },
  {
    name: 'language-is-replaced',
    breaks: ['rfc6120/4.7.4-stanza-language-kept'],
    summary: 'Overwrites the language of stanzas with that of the stream',
  },
  {
    name: 'malformed-address-goes-unanswered',
    breaks: ['rfc6120/8.3.3.8-jid-malformed', 'rfc7622/4-rejected', 'rfc7622/4-jid-malformed'],
    summary: 'Ignores stanzas for something that is no address',
    silent: true,
  },
  {
    name: 'malformed-address-is-just-not-found',
    breaks: ['rfc7622/4-jid-malformed'],
    summary: 'Says of something that is no address that there is nobody',
  },
  {
    name: 'own-address-is-known-by-its-letters',
    breaks: ['rfc7622/4-from-of-stanzas'],
    summary: 'Ends the stream of clients that write their own address in another way',
    silent: true,
  },
  {
    name: 'stanzas-before-binding-are-processed',
    breaks: ['rfc6120/7.1-stanza-before-binding-not-processed'],
    summary: 'Delivers stanzas of clients that have no resource yet',
  },
];

/** Takes a stanza of a bound client and does with it what it asks for (RFC 6120 sections 8 and 10). */
export function handleStanza(domain: XmppDomain, session: Session, received: XmlElement): void {
  const stanza = stamped(domain, session, received);
  meddle(domain, session, stanza);
  if (isForeignByLetters(domain, session, received)) {
    session.stream?.fail({ condition: 'invalid-from' });
    return;
  }
  const text = stanza.get('to');
  const to = text === undefined ? undefined : readAddress(text, domain.faults);
  if (text !== undefined && !to) {
    const answerable = !['error', 'result'].includes(stanza.get('type') ?? '');
    const silent = domain.faults.active('malformed-address-goes-unanswered');
    // The answer can't come from an address that is none: the server says it.
    const readdressed = withAttributes(stanza, { to: domain.name });
    const misnamed = domain.faults.active('malformed-address-is-just-not-found');
    const condition = misnamed ? 'item-not-found' : 'jid-malformed';
    if (answerable && !silent) session.send(errorReply(domain, readdressed, condition));
  } else if (to?.domain === domain.rooms) handleForRooms(domain, session, stanza, to);
  else if (stanza.name === 'message') handleMessage(domain, session, stanza, to);
  else if (stanza.name === 'presence') handlePresence(domain, session, stanza, to);
  else handleIq(domain, session, stanza, to);
}

/** Whether a fault takes the sender for somebody else. The server says who it is, so nothing has to be compared. */
function isForeignByLetters({ faults }: XmppDomain, session: Session, received: XmlElement): boolean {
  const from = received.get('from') ?? session.full;
  return (
    faults.active('own-address-is-known-by-its-letters') && from !== session.full && from !== session.bare
  );
}

/** The operators on what clients send; sentinels they leave alone. */
function meddle(domain: XmppDomain, session: Session, stanza: XmlElement): void {
  const { faults } = domain;
  if (stanza.get('id')?.startsWith('sentinel')) return;
  // Subscriptions are between accounts (RFC 6121 section 3.1.2), so their stanzas come from the bare address.
  const subscription = /subscribe/.test(stanza.get('type') ?? '');
  const from = subscription ? session.bare : stanza.get('from');
  if (faults.active('tell-everybody'))
    for (const other of domain.sessions)
      if (other !== session) other.send(withAttributes(stanza, { from, to: other.full }));
  if (faults.active('refuse-everything')) session.send(errorReply(domain, stanza, 'not-allowed'));
}

/** The server says who sent a stanza, whatever the client claims (RFC 6120 section 8.1.2.1), and in what language. */
function stamped(domain: XmppDomain, session: Session, received: XmlElement): XmlElement {
  const { faults } = domain;
  const changes: Record<string, string | undefined> = { from: session.full };
  if (faults.active('sender-is-not-stamped')) changes.from = undefined;
  if (faults.active('sender-is-stamped-without-resource')) changes.from = session.bare;
  if (faults.active('sender-may-lie') && received.get('from')) changes.from = received.get('from');
  const language = session.stream?.language;
  const lacking = received.get('xml:lang') === undefined;
  if (language && (lacking || faults.active('language-is-replaced'))) changes['xml:lang'] = language;
  if (lacking && faults.active('default-language-is-not-stamped')) delete changes['xml:lang'];
  return withAttributes(received, changes);
}

/** Stanzas have to wait for the resource; only a fault lets them pass, as if some resource were there. */
export function handleUnbound(stream: ClientStream, account: LocalAccount, stanza: XmlElement): boolean {
  if (!stream.domain.faults.active('stanzas-before-binding-are-processed')) return false;
  const session = new Session(account, 'unbound', stream);
  account.sessions.set(session.resource, session);
  stream.session = session;
  handleStanza(stream.domain, session, stanza);
  return true;
}
