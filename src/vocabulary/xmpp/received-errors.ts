import type { XmppEvent } from '../../xmpp/connection.ts';
import type { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';

/** An error as RFC 6120 has it for streams (section 4.9.2) and for stanzas (section 8.3.2), taken apart. */
export interface ErrorOfServer {
  element: XmlElement;
  /** What stands around it and hands its language down, the nearest first. */
  outer: readonly XmlElement[];
  ofStream: boolean;
  /** That of the conditions and of the text. */
  namespace: string;
  /** Children in that namespace, without the text. */
  defined: readonly XmlElement[];
  /** The names of the conditions that the specification defines. */
  known: ReadonlySet<string>;
  text: XmlElement | undefined;
  /** Children in other namespaces. */
  others: readonly XmlElement[];
}

const streamConditions: ReadonlySet<string> = new Set(
  `bad-format bad-namespace-prefix conflict connection-timeout host-gone host-unknown improper-addressing
  internal-server-error invalid-from invalid-namespace invalid-xml not-authorized not-well-formed policy-violation
  remote-connection-failed reset resource-constraint restricted-xml see-other-host system-shutdown undefined-condition
  unsupported-encoding unsupported-feature unsupported-stanza-type unsupported-version`.split(/\s+/),
);

const stanzaConditions: ReadonlySet<string> = new Set(
  `bad-request conflict feature-not-implemented forbidden gone internal-server-error item-not-found jid-malformed
  not-acceptable not-allowed not-authorized policy-violation recipient-unavailable redirect registration-required
  remote-server-not-found remote-server-timeout resource-constraint service-unavailable subscription-required
  undefined-condition unexpected-request`.split(/\s+/),
);

export function isStanza({ name, namespace }: XmlElement): boolean {
  const content = namespace === namespaces.client || namespace === namespaces.server;
  return content && ['message', 'presence', 'iq'].includes(name);
}

export function stanzaIn(event: XmppEvent): XmlElement | undefined {
  return event.kind === 'element' && isStanza(event.element) ? event.element : undefined;
}

/** The stream error that came, or the error in the stanza that came. */
export function errorIn(event: XmppEvent): ErrorOfServer | undefined {
  if (event.kind === 'stream-error') {
    const { element } = event;
    const facts = { ofStream: true, namespace: namespaces.streamError, known: streamConditions };
    return { ...facts, element, outer: [element], ...partsOf(element, facts.namespace) };
  }
  const stanza = stanzaIn(event);
  const element = stanza?.get('type') === 'error' ? stanza.child('error') : undefined;
  if (!stanza || !element) return undefined;
  const facts = { ofStream: false, namespace: namespaces.stanzaError, known: stanzaConditions };
  return { ...facts, element, outer: [element, stanza], ...partsOf(element, facts.namespace) };
}

function partsOf(error: XmlElement, namespace: string) {
  const own = error.elements.filter((child) => child.namespace === namespace);
  return {
    defined: own.filter(({ name }) => name !== 'text'),
    text: own.find(({ name }) => name === 'text'),
    others: error.elements.filter((child) => child.namespace !== namespace),
  };
}
