import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { Address } from './address.ts';
import type { XmppDomain } from './domain.ts';
import type { Session } from './session.ts';
import { replyAddresses, resultOf } from './stanza.ts';
import { errorReply } from './stanza-errors.ts';
import { subscriptionTypes } from './subscription-states.ts';

export const faults: Fault[] = [
  {
    name: 'local-service-is-taken-for-foreign',
    breaks: ['rfc6120/10.5-local-service'],
    summary: 'Looks elsewhere for the service that handles one of its own domains',
  },
  {
    name: 'local-service-is-passed-over',
    breaks: ['rfc6120/10.5-local-service'],
    summary: 'Answers itself what is for the service that handles one of its domains',
  },
  {
    name: 'rooms-that-are-not-there-are-described',
    breaks: ['xep-0030/3.1-unknown-entity'],
    summary: 'Says of rooms that do not exist what they are',
  },
];

/**
 * The service for rooms, which handles a domain of its own (RFC 6120 section 10.5). There are no rooms, and nobody is
 * let make one (XEP-0045 section 10.1.1): it says what it is, and refuses the rest.
 */
export function handleForRooms(domain: XmppDomain, session: Session, stanza: XmlElement, to: Address): void {
  const answer = answerOfRooms(domain, stanza, to);
  if (answer) session.send(answer);
}

function answerOfRooms(domain: XmppDomain, stanza: XmlElement, to: Address): XmlElement | undefined {
  const type = stanza.get('type');
  if (type === 'error' || type === 'result') return undefined;
  if (domain.faults.active('local-service-is-taken-for-foreign'))
    return errorReply(domain, stanza, 'remote-server-not-found');
  if (domain.faults.active('local-service-is-passed-over'))
    return errorReply(domain, stanza, 'service-unavailable');
  if (stanza.name === 'iq') return answerIq(domain, stanza, to);
  if (stanza.name === 'message') return errorReply(domain, stanza, 'item-not-found');
  return answerPresence(domain, stanza);
}

function answerIq(domain: XmppDomain, stanza: XmlElement, to: Address): XmlElement {
  const [payload, ...more] = stanza.elements;
  const proper = stanza.get('id') && ['get', 'set'].includes(stanza.get('type') ?? '');
  if (!proper || !payload || more.length > 0) return errorReply(domain, stanza, 'bad-request');
  // There is no room.
  if (to.local !== undefined && !domain.faults.active('rooms-that-are-not-there-are-described'))
    return errorReply(domain, stanza, 'item-not-found');
  const described = stanza.get('type') === 'get' && payload.get('node') === undefined;
  if (described && payload.is('query', namespaces.discoInfo)) return resultOf(stanza, description());
  if (described && payload.is('query', namespaces.discoItems)) return resultOf(stanza, list());
  return errorReply(domain, stanza, 'service-unavailable');
}

/** XEP-0045 section 6.1. */
function description(): XmlElement {
  const features = [namespaces.discoInfo, namespaces.discoItems, namespaces.rooms];
  return new XmlElement('query', namespaces.discoInfo, {}, [
    new XmlElement('identity', namespaces.discoInfo, { category: 'conference', type: 'text', name: 'Rooms' }),
    ...features.map((feature) => new XmlElement('feature', namespaces.discoInfo, { var: feature })),
  ]);
}

function list(): XmlElement {
  return new XmlElement('query', namespaces.discoItems);
}

/** Whoever wants to enter a room would have to make it; and who asks for its presence is not let see it. */
function answerPresence(domain: XmppDomain, stanza: XmlElement): XmlElement | undefined {
  const type = stanza.get('type');
  if (type === undefined) return errorReply(domain, stanza, 'not-allowed');
  if (!subscriptionTypes.some((known) => known === type) && type !== 'probe' && type !== 'unavailable')
    return errorReply(domain, stanza, 'bad-request');
  if (type !== 'subscribe' && type !== 'probe') return undefined;
  return new XmlElement('presence', namespaces.client, { ...replyAddresses(stanza), type: 'unsubscribed' });
}
