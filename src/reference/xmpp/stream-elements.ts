import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { XmppDomain } from './domain.ts';
import { shaped } from './stanza-shapes.ts';

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
    name: 'extension-namespace-is-declared-in-header',
    breaks: [
      'rfc6120/4.8.5-no-extension-declarations-in-header',
      'rfc6120/8.4-extension-prefix-declared-in-stanza',
    ],
    summary: 'Declares the namespace of rosters in its stream header and nowhere else',
  },
  {
    name: 'prefixes-are-replaced',
    breaks: ['rfc6120/8.4-prefixes-maintained'],
    summary: 'Writes what it delivers without the prefixes that its sender chose',
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
  if (faults.active('prefixes-are-replaced')) return unprefixed(element).toXml(inherited);
  const untyped = stanza && faults.active('types-are-dropped');
  const xml = (untyped ? withoutType(element) : shaped(faults, element)).toXml(inherited);
  if (faults.active('comments-are-sent')) return `<!-- ${element.name} -->${xml}`;
  if (faults.active('markup-is-not-escaped')) return xml.replace(/&lt;/g, '<').replace(/&amp;/g, '&');
  if (faults.active('extension-namespace-is-declared-in-header'))
    return borrowing(shaped(faults, element), inherited);
  if (faults.active('declarations-in-header-are-lost')) return xml.replace(/ xmlns:[a-z]+='[^']*'/g, '');
  return faults.active('prefixes-are-not-declared') ? xml.replace(/ xmlns:a\d+='[^']*'/g, '') : xml;
}

/** Written by the prefix that only the header declares: see `responseHeader`. */
function borrowing(element: XmlElement, inherited: string): string {
  return prefixed(element).toXml(inherited).replaceAll(` xmlns:q='${namespaces.roster}'`, '');
}

function unprefixed({ name, namespace, attributes, children }: XmlElement): XmlElement {
  const inside = children.map((child) => (child instanceof XmlElement ? unprefixed(child) : child));
  return new XmlElement(name, namespace, attributes, inside);
}

function prefixed({ name, namespace, attributes, children, prefix }: XmlElement): XmlElement {
  const inside = children.map((child) => (child instanceof XmlElement ? prefixed(child) : child));
  return new XmlElement(name, namespace, attributes, inside, namespace === namespaces.roster ? 'q' : prefix);
}

function withoutType({ name, namespace, attributes, children }: XmlElement): XmlElement {
  const others = [...attributes].filter(([attribute]) => attribute !== 'type');
  return new XmlElement(name, namespace, new Map(others), children);
}
