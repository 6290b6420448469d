import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import { replyAddresses } from './stanza.ts';

export const faults: Fault[] = [
  {
    name: 'stanza-error-without-type',
    breaks: ['rfc6120/8.3*'],
    summary: 'Leaves the type of an error away',
  },
  {
    name: 'stanza-error-without-condition',
    breaks: ['rfc6120/8.3*'],
    summary: 'Sends errors that name no condition',
  },
  {
    name: 'stanza-error-is-undefined-condition',
    breaks: [
      'rfc6120/8.3.3*',
      'rfc6120/8.3.2-defined-condition',
      'rfc6120/8.4*',
      'rfc6120/10.*',
      'rfc6121/2.*',
      'rfc6121/8.*',
      'rfc6121/4.7*',
    ],
    summary: 'Names undefined-condition whatever went wrong',
  },
  {
    name: 'stanza-error-without-id',
    breaks: ['rfc6120/8.1.3*', 'rfc6120/8.3*', 'rfc6120/8.2.3*'],
    summary: 'Leaves the id of the request away in an error',
  },
  {
    name: 'stanza-error-keeps-type',
    breaks: ['rfc6120/8.3*', 'rfc6120/8.2.3*'],
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
  if (faults.active('stanza-error-without-id')) delete attributes.id;
  if (faults.active('stanza-error-keeps-type') && stanza.name === 'iq') attributes.type = 'result';
  return new XmlElement(stanza.name, namespaces.client, attributes, [
    new XmlElement('error', namespaces.client, type, inside),
  ]);
}
