import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import { replyAddresses } from './stanza.ts';

export const faults: Fault[] = [
  {
    name: 'stanza-error-without-type',
    breaks: [
      'rfc6120/8.2.3-error-has-error-child',
      'rfc6120/8.3.1-error-returned-for-iq',
      'rfc6120/8.3.3.1-bad-request',
      'rfc6120/8.3.3.8-jid-malformed',
    ],
    summary: 'Leaves the type of an error away',
  },
  {
    name: 'stanza-error-without-condition',
    breaks: [
      'rfc6120/8.3.1-error-returned-for-iq',
      'rfc6120/8.3.2-defined-condition',
      'rfc6120/8.3.3.1-bad-request',
      'rfc6120/8.3.3.19-service-unavailable',
      'rfc6120/8.3.3.7-item-not-found-no-presence-leak',
      'rfc6120/8.3.3.8-jid-malformed',
    ],
    summary: 'Sends errors that name no condition',
  },
  {
    name: 'stanza-error-is-undefined-condition',
    breaks: [
      'rfc6120/10.4.3-unresolved-domain',
      'rfc6120/10.5.1-domain',
      'rfc6120/8.3.3.1-bad-request',
      'rfc6120/8.3.3.19-service-unavailable',
      'rfc6120/8.3.3.21-undefined-condition-explained',
      'rfc6120/8.3.3.3-feature-not-implemented',
      'rfc6120/8.3.3.8-jid-malformed',
      'rfc6120/8.4-unknown-iq-service-unavailable',
      'rfc6121/2.3.3-error-returned',
      'rfc6121/2.3.3-group-too-long',
      'rfc6121/2.3.3-name-too-long',
      'rfc6121/2.3.3-own-address',
      'rfc6121/8.4-local-domain',
      'rfc6121/8.5.1-full-groupchat',
      'rfc6121/8.5.1-full-headline',
      'rfc6121/8.5.1-full-normal',
      'rfc6121/8.5.1-iq',
      'rfc6121/8.5.2.1.1-error-condition',
      'rfc6121/8.5.2.1.3-server-replies',
      'rfc6121/8.5.3.1-iq-request-without-presence',
      'rfc6121/8.5.3.2.1-error-condition',
      'rfc6121/8.5.3.2.3-iq',
    ],
    summary: 'Names undefined-condition whatever went wrong',
  },
  {
    name: 'stanza-error-without-id',
    breaks: [
      'rfc6120/8.2.3-answer-preserves-id',
      'rfc6120/8.2.3-answered',
      'rfc6120/8.3.3.1-bad-request',
      'rfc6120/8.3.3.19-service-unavailable',
      'rfc6120/8.3.3.7-item-not-found-no-presence-leak',
      'rfc6120/8.3.3.8-jid-malformed',
    ],
    summary: 'Leaves the id of the request away in an error',
  },
  {
    name: 'stanza-error-keeps-type',
    breaks: [
      'rfc6120/8.2.3-answer-preserves-id',
      'rfc6120/8.2.3-answered',
      'rfc6120/8.2.3-id-required',
      'rfc6120/8.3-error-stanza',
      'rfc6120/8.3.3.1-bad-request',
      'rfc6120/8.3.3.19-service-unavailable',
      'rfc6120/8.3.3.7-item-not-found-no-presence-leak',
    ],
    summary: 'Answers an erroneous request with a result that contains the error',
  },
];

/** The conditions of RFC 6120 section 8.3.3 that this server uses, each with the type that the text associates. */
const errorTypes = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'not-authorized': 'auth',
  'policy-violation': 'modify',
  'remote-server-not-found': 'cancel',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'undefined-condition': 'cancel',
  'unexpected-request': 'wait',
} as const;

export type StanzaErrorCondition = keyof typeof errorTypes;

/** Something that can refuse a stanza wrongly: only its faults are asked. */
interface Faulty {
  readonly faults: { active(name: string): boolean };
}

/** The error stanza that answers a stanza (RFC 6120 section 8.3.1). Never made for a stanza of type error. */
export function errorReply(
  domain: Faulty,
  stanza: XmlElement,
  condition: StanzaErrorCondition,
  text?: string,
): XmlElement {
  const { faults } = domain;
  const named = faults.active('stanza-error-is-undefined-condition') ? 'undefined-condition' : condition;
  const inside: XmlElement[] = [];
  if (!faults.active('stanza-error-without-condition'))
    inside.push(new XmlElement(named, namespaces.stanzaError));
  if (text) inside.push(new XmlElement('text', namespaces.stanzaError, { 'xml:lang': 'en' }, [text]));
  const type = faults.active('stanza-error-without-type') ? {} : { type: errorTypes[named] };

  const attributes = { type: 'error', ...replyAddresses(stanza) } as Record<string, string>;
  // RFC 6120 section 8.3.1: an iq has an id, an empty one where the request had none.
  if (stanza.name === 'iq') attributes.id ??= '';
  if (faults.active('stanza-error-without-id')) delete attributes.id;
  if (faults.active('stanza-error-keeps-type') && stanza.name === 'iq') attributes.type = 'result';
  return new XmlElement(stanza.name, namespaces.client, attributes, [
    new XmlElement('error', namespaces.client, type, inside),
  ]);
}
