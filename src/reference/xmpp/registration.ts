import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { LocalAccount } from './accounts.ts';
import { Credentials } from './credentials.ts';
import type { XmppDomain } from './domain.ts';
import type { IqRequest } from './iq.ts';
import type { Session } from './session.ts';
import { endSession } from './session-end.ts';
import { resultOf } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';
import type { ClientStream } from './stream.ts';
import { cancelSubscriptions } from './subscriptions.ts';

/** XEP-0077 before authentication: whoever has none asks for an account. `false`: something else was asked. */
export function answerEarlyRegistration(stream: ClientStream, stanza: XmlElement): boolean {
  const query = stanza.child('query', namespaces.register);
  if (stanza.name !== 'iq' || !query || stream.transport.canStartTls) return false;
  const answer =
    stanza.get('type') === 'get' ? resultOf(stanza, emptyForm()) : register(stream.domain, stanza, query);
  answer.attributes.delete('to');
  answer.attributes.set('from', stream.domain.name);
  stream.sendStanza(answer);
  return true;
}

function emptyForm(): XmlElement {
  const instructions = new XmlElement('instructions', namespaces.register, {}, [
    'Choose a name and a password',
  ]);
  const fields = ['username', 'password'].map((name) => new XmlElement(name, namespaces.register));
  return new XmlElement('query', namespaces.register, {}, [instructions, ...fields]);
}

function register(domain: XmppDomain, stanza: XmlElement, query: XmlElement): XmlElement {
  const username = query.child('username')?.text ?? '';
  const password = query.child('password')?.text ?? '';
  if (!username || !password) return errorReply(domain, stanza, 'not-acceptable');
  const made = domain.accounts.create(username, password);
  return made ? resultOf(stanza) : errorReply(domain, stanza, 'conflict');
}

/** XEP-0077 for those who are logged in: what they registered, a new password, the end of the account. */
export function answerRegistration(domain: XmppDomain, request: IqRequest): XmlElement | undefined {
  const { session, stanza, payload, account } = request;
  if (account && account !== session.account) return errorReply(domain, stanza, 'service-unavailable');
  if (stanza.get('type') === 'get') return resultOf(stanza, registeredForm(session));
  if (session.account.anonymous) return errorReply(domain, stanza, 'not-allowed');
  if (payload.child('remove')) {
    session.send(resultOf(stanza));
    cancelAccount(domain, session.account);
    return undefined;
  }
  const password = payload.child('password')?.text ?? '';
  const username = payload.child('username')?.text ?? '';
  if (!password || !username) return errorReply(domain, stanza, 'bad-request');
  if (domain.accounts.find(username) !== session.account) return errorReply(domain, stanza, 'not-allowed');
  session.account.credentials = new Credentials(password);
  return resultOf(stanza);
}

function registeredForm({ account }: Session): XmlElement {
  return new XmlElement('query', namespaces.register, {}, [
    new XmlElement('registered', namespaces.register),
    new XmlElement('username', namespaces.register, {}, [account.username]),
    new XmlElement('password', namespaces.register),
  ]);
}

/** Ends the subscriptions, the sessions and the account (XEP-0077 section 3.2). */
function cancelAccount(domain: XmppDomain, account: LocalAccount): void {
  for (const contact of account.roster.contacts) cancelSubscriptions(domain, account, contact);
  domain.accounts.remove(account);
  account.offline = [];
  for (const session of [...account.sessions.values()]) {
    const { stream } = session;
    if (stream) stream.fail({ condition: 'not-authorized', text: 'The account was cancelled' });
    else endSession(domain, session);
  }
}
