import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { XmppDomain } from './domain.ts';
import type { IqRequest } from './iq.ts';
import { resultOf } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';

export const faults: Fault[] = [
  {
    name: 'ping-goes-unanswered',
    breaks: ['xep-0199/4.2-*', 'rfc7395/3.8-xmpp-ping'],
    summary: 'Says nothing to a ping',
    silent: true,
  },
  {
    name: 'ping-is-refused',
    breaks: [
      'xep-0199/4.2-server-answers',
      'xep-0199/4.2-no-address',
      'xep-0199/4.2-bare-jid',
      'rfc7395/3.8-xmpp-ping',
    ],
    summary: 'Answers a ping with an error although it advertises that it can',
  },
  {
    name: 'pong-with-payload',
    breaks: ['xep-0199/4.2-server-answers', 'xep-0199/4.2-no-address', 'xep-0199/4.2-bare-jid'],
    summary: 'Answers a ping with a result that is not empty',
  },
];

/** XEP-0199: answers a ping to the server or to the client's own account with an empty result. */
export function answerPing(domain: XmppDomain, request: IqRequest): XmlElement | undefined {
  const { session, stanza, payload, account } = request;
  const { faults } = domain;
  const own = account === undefined || account === session.account;
  if (faults.active('ping-goes-unanswered')) return undefined;
  if (
    !own ||
    !payload.is('ping', namespaces.ping) ||
    stanza.get('type') !== 'get' ||
    faults.active('ping-is-refused')
  ) {
    return errorReply(domain, stanza, 'service-unavailable');
  }
  if (faults.active('pong-with-payload')) return resultOf(stanza, new XmlElement('ping', namespaces.ping));
  return resultOf(stanza);
}
