import { XmlElement } from '../../xmpp/element.ts';
import { bareJid } from '../../xmpp/jid.ts';
import { namespaces } from '../../xmpp/namespaces.ts';

/** Whether the element is one of the three stanzas of RFC 6120 section 8. */
export function isStanza(element: XmlElement): boolean {
  return element.namespace === namespaces.client && ['message', 'presence', 'iq'].includes(element.name);
}

/** Whether the element is in a content namespace that is not for clients (RFC 6120 section 4.8.3, XEP-0114). */
export function isContentForOthers(element: XmlElement): boolean {
  return [namespaces.server, 'jabber:component:accept', 'jabber:component:connect'].includes(
    element.namespace,
  );
}

/** The same element in the content namespace, where its name is that of a stanza. */
export function asStanza(element: XmlElement): XmlElement {
  const stanza = new XmlElement(element.name, namespaces.client, element.attributes, element.children);
  return isStanza(stanza) ? stanza : element;
}

/** The same element with some attributes set, or removed where the value is `undefined`. */
export function withAttributes(element: XmlElement, changes: Record<string, string | undefined>): XmlElement {
  const attributes = new Map(element.attributes);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) attributes.delete(name);
    else attributes.set(name, value);
  }
  return new XmlElement(element.name, element.namespace, attributes, element.children);
}

/** The same element with other children. */
export function withChildren(element: XmlElement, children: (XmlElement | string)[]): XmlElement {
  return new XmlElement(element.name, element.namespace, element.attributes, children);
}

/** An `<iq type='result'/>` that answers a request (RFC 6120 section 8.2.3). */
export function resultOf(request: XmlElement, ...children: XmlElement[]): XmlElement {
  return new XmlElement('iq', namespaces.client, { type: 'result', ...replyAddresses(request) }, children);
}

/** `to`, `from` and `id` of whatever answers the stanza. The stanza bears the `from` that the server stamped. */
export function replyAddresses(stanza: XmlElement): Record<string, string> {
  const sender = stanza.get('from') ?? '';
  const addresses: Record<string, string> = { to: sender };
  // A stanza without 'to' was meant for the sender's own account, which therefore answers.
  addresses.from = stanza.get('to') ?? bareJid(sender);
  const id = stanza.get('id');
  if (id !== undefined) addresses.id = id;
  return addresses;
}

/** The delay stamp of XEP-0203: `from` is who held the stanza back. */
export function delayStamp(from: string, since: Date): XmlElement {
  return new XmlElement('delay', namespaces.delay, { from, stamp: since.toISOString() });
}
