import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { XmppDomain } from './domain.ts';

/** What can go wrong while an element is written. */
export const faults: Fault[] = [
  {
    name: 'framed-stanzas-lack-namespace',
    breaks: ['rfc7395/3.3.3-namespaces-declared'],
    summary: 'Sends stanzas over WebSockets without the namespace that qualifies them',
  },
  {
    name: 'markup-is-not-escaped',
    breaks: ['rfc6120/11.3-well-formed-sent'],
    summary: 'Writes characters that XML reserves as they are, so that they become markup',
  },
  {
    name: 'prefixes-are-not-declared',
    breaks: ['rfc6120/11.3-namespace-well-formed-sent'],
    summary: 'Writes prefixes without declaring the namespaces that they stand for',
  },
  {
    name: 'stream-elements-have-another-prefix',
    breaks: ['rfc6120/4.8.1-stream-prefix-consistent'],
    summary: 'Writes stream features and errors with another prefix than its stream header declared',
  },
  {
    name: 'comments-are-sent',
    breaks: ['rfc6120/11.1-nothing-restricted-sent'],
    summary: 'Puts comments into its stream',
  },
  {
    name: 'types-are-dropped',
    breaks: ['rfc6120/8.1.4-type'],
    summary: 'Delivers stanzas without their type',
  },
];

/**
 * An element as it travels: inside the root of a stream, whose declarations it inherits, or as a document of its
 * own (RFC 7395 section 3.3.3). Features and errors bear the prefix `stream`, which clients look for.
 */
export function writtenFor(domain: XmppDomain, framing: 'stream' | 'framed', element: XmlElement): string {
  const { faults } = domain;
  const lacking = faults.active('framed-stanzas-lack-namespace');
  const inherited = framing === 'framed' && !lacking ? '' : namespaces.client;
  if (element.namespace !== namespaces.stream) return written(domain, element, inherited);
  const declared = framing === 'framed' ? ` xmlns:stream='${namespaces.stream}'` : '';
  const inside = element.elements.map((child) => child.toXml(inherited)).join('');
  const prefix = faults.active('stream-elements-have-another-prefix') ? 'streams' : 'stream';
  const name = `${prefix}:${element.name}`;
  return inside ? `<${name}${declared}>${inside}</${name}>` : `<${name}${declared}/>`;
}

function written({ faults }: XmppDomain, element: XmlElement, inherited: string): string {
  const stanza = ['message', 'presence', 'iq'].includes(element.name);
  const untyped = stanza && faults.active('types-are-dropped');
  const xml = (untyped ? withoutType(element) : element).toXml(inherited);
  if (faults.active('comments-are-sent')) return `<!-- ${element.name} -->${xml}`;
  if (faults.active('markup-is-not-escaped')) return xml.replace(/&lt;/g, '<').replace(/&amp;/g, '&');
  return faults.active('prefixes-are-not-declared') ? xml.replace(/ xmlns:a\d+='[^']*'/g, '') : xml;
}

function withoutType({ name, namespace, attributes, children }: XmlElement): XmlElement {
  const others = [...attributes].filter(([attribute]) => attribute !== 'type');
  return new XmlElement(name, namespace, new Map(others), children);
}
