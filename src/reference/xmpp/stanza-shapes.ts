import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault, FaultSwitch } from '../fault.ts';
import { isStanza, withAttributes, withChildren } from './stanza.ts';

/** What can be wrong with the shape of a stanza on its way out (RFC 6120 section 8). */
export const faults: Fault[] = [
  {
    name: 'content-has-a-prefix',
    breaks: ['rfc6120/4.8.5-no-content-prefix'],
    summary: 'Sends its stanzas with a prefix for the content namespace',
  },
  {
    name: 'extensions-lack-namespace',
    breaks: ['rfc6120/8.4-extension-namespace'],
    summary: 'Extends its errors by an element in the content namespace',
  },
  {
    name: 'stanzas-have-foreign-attributes',
    breaks: ['rfc6120/8.4-no-extension-attributes'],
    summary: 'Puts an attribute of another namespace on its stanzas',
  },
  {
    name: 'results-contain-errors',
    breaks: ['rfc6120/8.3.1-error-child-in-errors-only'],
    summary: 'Sends results that contain an error element',
  },
  {
    name: 'stanza-error-names-somebody-else',
    breaks: ['rfc6120/8.3.1-by-is-own-address'],
    summary: 'Says of errors that somebody at another domain reports them',
  },
  {
    name: 'stanza-error-text-in-content-namespace',
    breaks: ['rfc6120/8.3.2-text-namespace'],
    summary: 'Explains stanza errors by a text in the content namespace',
  },
  {
    name: 'stanza-error-text-without-language',
    breaks: ['rfc6120/8.1.5-lang-on-own-text', 'rfc6120/8.3.2-text-language'],
    summary: 'Explains stanza errors without saying in which language',
  },
  {
    name: 'language-tags-are-malformed',
    breaks: ['rfc6120/8.1.5-lang-well-formed'],
    summary: 'Names the language of a text by something that is no language tag',
  },
  {
    name: 'stanza-error-reason-in-content-namespace',
    breaks: ['rfc6120/8.3.2-application-namespace'],
    summary: 'Adds a condition of its own to stanza errors, in the content namespace',
  },
  {
    name: 'stanza-error-type-does-not-fit',
    breaks: ['rfc6120/8.3.3*'],
    summary: 'Calls all stanza errors mere warnings, of type continue',
  },
  {
    name: 'requests-have-two-children',
    breaks: ['rfc6120/8.2.3-own-request-has-one-child'],
    summary: 'Sends requests with two children',
  },
  {
    name: 'results-have-two-children',
    breaks: ['rfc6120/8.2.3-result-has-at-most-one-child'],
    summary: 'Sends results with two children',
  },
];

const content = (name: string, attributes = {}) => new XmlElement(name, namespaces.client, attributes);
const added = (element: XmlElement, child: XmlElement) => withChildren(element, [...element.children, child]);
const ofType = (stanza: XmlElement, ...types: string[]) => types.includes(stanza.get('type') ?? '');

/** The stanza with another error element, where it has one. */
function withError(stanza: XmlElement, change: (error: XmlElement) => XmlElement): XmlElement {
  const children = stanza.children.map((child) =>
    child instanceof XmlElement && child.is('error', namespaces.client) ? change(child) : child,
  );
  return withChildren(stanza, children);
}

function withErrorText(stanza: XmlElement, change: (text: XmlElement) => XmlElement): XmlElement {
  return withError(stanza, (error) =>
    withChildren(
      error,
      error.children.map((child) =>
        child instanceof XmlElement && child.is('text', namespaces.stanzaError) ? change(child) : child,
      ),
    ),
  );
}

/** What each of the faults makes of a stanza. */
const misshapes: Readonly<Record<string, (stanza: XmlElement) => XmlElement>> = {
  'content-has-a-prefix': ({ name, namespace, attributes, children }) =>
    new XmlElement(name, namespace, attributes, children, 'c'),
  'extensions-lack-namespace': (stanza) =>
    ofType(stanza, 'error') ? added(stanza, content('seen')) : stanza,
  'stanzas-have-foreign-attributes': (stanza) =>
    withAttributes(stanza, { '{urn:example:verona}seen': 'yes' }),
  'results-contain-errors': (stanza) => (ofType(stanza, 'result') ? added(stanza, content('error')) : stanza),
  'stanza-error-names-somebody-else': (stanza) =>
    withError(stanza, (error) => withAttributes(error, { by: 'montague@verona.invalid' })),
  'stanza-error-text-in-content-namespace': (stanza) =>
    withErrorText(
      stanza,
      ({ attributes, children }) => new XmlElement('text', namespaces.client, attributes, children),
    ),
  'stanza-error-text-without-language': (stanza) =>
    withErrorText(stanza, (text) => withAttributes(text, { 'xml:lang': undefined })),
  'language-tags-are-malformed': (stanza) =>
    withErrorText(stanza, (text) => withAttributes(text, { 'xml:lang': 'en_GB' })),
  'stanza-error-reason-in-content-namespace': (stanza) =>
    withError(stanza, (error) => added(error, content('reason'))),
  'stanza-error-type-does-not-fit': (stanza) =>
    withError(stanza, (error) => withAttributes(error, { type: 'continue' })),
  'requests-have-two-children': (stanza) =>
    ofType(stanza, 'get', 'set') ? added(stanza, new XmlElement('seen', 'urn:example:verona')) : stanza,
  'results-have-two-children': (stanza) =>
    ofType(stanza, 'result')
      ? ['seen', 'heard'].reduce(
          (one, name) => added(one, new XmlElement(name, 'urn:example:verona')),
          stanza,
        )
      : stanza,
};

/** A stanza as it is sent: only faults change it. */
export function shaped(chosen: FaultSwitch, element: XmlElement): XmlElement {
  if (!chosen.armed || !isStanza(element)) return element;
  const active = Object.entries(misshapes).filter(([name]) => chosen.active(name));
  return active.reduce((stanza, [, misshape]) => misshape(stanza), element);
}
