import type { XmppEvent } from '../../xmpp/connection.ts';
import type { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import { type ErrorOfServer, errorIn, isStanza, stanzaIn } from './received-errors.ts';

/** What a rule knows beside the event that it looks at. */
export interface Session {
  /** The domain that the client speaks to. */
  domain: string;
  /** A resource has been bound before the event. */
  bound: boolean;
  /** Of the root of the stream that the event belongs to; `undefined` before the first. */
  prefix: string | undefined;
}

/** Says what an event breaks; `undefined`: nothing. */
type Rule = (event: XmppEvent, session: Session) => string | undefined;

const contentNamespaces: ReadonlySet<string> = new Set([namespaces.client, namespaces.server]);

/** The children of stanzas that the content namespace itself defines (RFC 6120 section 8, RFC 6121 section 5.2 and 4.7). */
const coreChildren: Readonly<Record<string, readonly string[]>> = {
  message: ['body', 'error', 'subject', 'thread'],
  presence: ['error', 'priority', 'show', 'status'],
  iq: ['error'],
};

/** RFC 6120 section 8.3.3: the types that the text associates with each condition. */
const errorTypes: Readonly<Record<string, readonly string[]>> = {
  'bad-request': ['modify'],
  conflict: ['cancel'],
  'feature-not-implemented': ['cancel', 'modify'],
  forbidden: ['auth'],
  gone: ['cancel'],
  'internal-server-error': ['cancel'],
  'item-not-found': ['cancel'],
  'jid-malformed': ['modify'],
  'not-acceptable': ['modify'],
  'not-allowed': ['cancel'],
  'not-authorized': ['auth'],
  'policy-violation': ['modify', 'wait'],
  'recipient-unavailable': ['wait'],
  redirect: ['modify'],
  'registration-required': ['auth'],
  'remote-server-not-found': ['cancel'],
  'remote-server-timeout': ['wait'],
  'resource-constraint': ['wait'],
  'service-unavailable': ['cancel'],
  'subscription-required': ['auth'],
  'undefined-condition': ['auth', 'cancel', 'continue', 'modify', 'wait'],
  'unexpected-request': ['modify', 'wait'],
};

/** A language tag, by its form alone (RFC 5646 section 2.1); the empty one undoes what is inherited (XML 1.0 section 2.12). */
const languageTag = /^([A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*)?$/;

function* descendants(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.elements) yield* descendants(child);
}

const ofErrors =
  (complaint: (error: ErrorOfServer, session: Session) => string | undefined): Rule =>
  (event, session) => {
    const error = errorIn(event);
    return error && complaint(error, session);
  };

const ofStanzas =
  (complaint: (stanza: XmlElement, session: Session) => string | undefined): Rule =>
  (event, session) => {
    const stanza = stanzaIn(event);
    return stanza && complaint(stanza, session);
  };

function strayChild(stanza: XmlElement): string | undefined {
  const core = coreChildren[stanza.name] ?? [];
  const stray = stanza.elements.find((child) => {
    const own = contentNamespaces.has(child.namespace) && core.includes(child.name);
    return !own && inNamespaceOfStream(child);
  });
  return stray && `<${stray.name}/> is an extension in the namespace '${stray.namespace}'`;
}

function inNamespaceOfStream({ namespace }: XmlElement): boolean {
  return contentNamespaces.has(namespace) || namespace === '' || namespace === namespaces.stream;
}

function foreignAttribute(stanza: XmlElement): string | undefined {
  const own = [stanza, ...stanza.elements.filter(({ namespace }) => namespace === stanza.namespace)];
  const found = own.flatMap(({ attributes }) => [...attributes.keys()]).find((key) => key.startsWith('{'));
  return found && `there is the attribute ${found}`;
}

function wrongDefined({ defined, known }: ErrorOfServer): string | undefined {
  if (defined.length !== 1) return `it names ${defined.length} defined conditions`;
  const unknown = defined.find(({ name }) => !known.has(name));
  return unknown && `<${unknown.name}/> is not defined`;
}

function wrongReporter({ element }: ErrorOfServer, { domain }: Session): string | undefined {
  const by = element.get('by');
  if (by === undefined) return undefined;
  const host = by.replace(/\/.*$/s, '').replace(/^.*@/s, '');
  return host === domain || host.endsWith(`.${domain}`) ? undefined : `'by' is ${by}`;
}

function wrongType({ element, defined, ofStream }: ErrorOfServer): string | undefined {
  const condition = defined[0]?.name ?? '';
  const fitting = ofStream ? undefined : errorTypes[condition];
  const type = element.get('type') ?? 'missing';
  return fitting?.includes(type) === false ? `the type of ${condition} is ${type}` : undefined;
}

/** An error may bring back what it answers, texts included: those are the client's. */
function textWithoutLanguage(stanza: XmlElement): string | undefined {
  if (stanza.get('xml:lang')) return undefined;
  const error = stanza.get('type') === 'error' ? stanza.child('error') : undefined;
  if (error?.get('xml:lang')) return undefined;
  const mute = (error ?? stanza).elements.find(
    (one) => ['body', 'status', 'subject', 'text'].includes(one.name) && !one.get('xml:lang'),
  );
  return mute && `nothing says in which language <${mute.name}/> is`;
}

/** How far the clocks of client and server may be apart: less than any two time zones are. */
const clockDifference = 10 * 60_000;

/** XEP-0203 section 2: the stamp tells when the stanza was sent, and in a case that was just now. */
function stampOfAnotherTime(stanza: XmlElement): string | undefined {
  const stamps = stanza.elements.flatMap((child) =>
    child.is('delay', namespaces.delay) ? [child.get('stamp') ?? ''] : [],
  );
  const wrong = stamps.find((stamp) => !(Math.abs(Date.parse(stamp) - Date.now()) < clockDifference));
  return wrong === undefined ? undefined : `it is stamped ${wrong || 'with nothing'}`;
}

/** What all that a server sends has to keep to, by the words of a suite. */
export const sessionRules: Readonly<Record<string, Rule>> = {
  'iqs with an id': ofStanzas((stanza) =>
    stanza.name === 'iq' && stanza.get('id') === undefined ? 'it has no id' : undefined,
  ),
  'stanzas in jabber:client': ofStanzas(({ namespace }) =>
    namespace === namespaces.client ? undefined : `it is in the namespace '${namespace}'`,
  ),
  'content without a prefix': ofStanzas((stanza) => {
    const prefixed = [...descendants(stanza)].find(
      ({ namespace, prefix }) => contentNamespaces.has(namespace) && prefix !== '',
    );
    return prefixed && `there is <${prefixed.prefix}:${prefixed.name}/>`;
  }),
  'prefixes that the stanza declares': (event) => {
    if (event.kind !== 'element') return undefined;
    const [borrowed] = event.facts.borrowed;
    return borrowed && `it does not declare the prefix ${borrowed}`;
  },
  'extensions in namespaces of their own': ofStanzas(strayChild),
  'attributes without a namespace': ofStanzas(foreignAttribute),
  'error elements in errors': ofStanzas((stanza) =>
    stanza.get('type') !== 'error' && stanza.child('error') ? 'there is an error element' : undefined,
  ),
  'errors with one defined condition': ofErrors(wrongDefined),
  'errors whose type fits': ofErrors(wrongType),
  'errors of its own addresses': ofErrors(wrongReporter),
  'texts of errors in their namespace': ofErrors(({ others, namespace }) => {
    const stray = others.find(({ name }) => name === 'text');
    return stray && `<text/> is in the namespace '${stray.namespace}', not ${namespace}`;
  }),
  'texts of errors with a language': ofErrors(({ text, outer }) => {
    if (!text) return undefined;
    const stated = [text, ...outer].some((one) => one.get('xml:lang'));
    return stated ? undefined : 'nothing says in which language <text/> is';
  }),
  'application conditions in namespaces of their own': ofErrors(({ others }) => {
    const taken = [
      ...contentNamespaces,
      namespaces.stream,
      namespaces.stanzaError,
      namespaces.streamError,
      '',
    ];
    const stray = others.find(({ name, namespace }) => name !== 'text' && taken.includes(namespace));
    return stray && `<${stray.name}/> is in the namespace '${stray.namespace}'`;
  }),
  'undefined conditions with an explanation': ofErrors(({ defined, others }) => {
    const unexplained = others.length === 0 && defined.some(({ name }) => name === 'undefined-condition');
    return unexplained ? 'undefined-condition stands alone' : undefined;
  }),
  'requests with one child': ofStanzas((stanza) => {
    const request = stanza.name === 'iq' && ['get', 'set'].includes(stanza.get('type') ?? '');
    return request && stanza.elements.length !== 1 ? `it has ${stanza.elements.length} children` : undefined;
  }),
  'results with at most one child': ofStanzas((stanza) => {
    const result = stanza.name === 'iq' && stanza.get('type') === 'result';
    return result && stanza.elements.length > 1 ? `it has ${stanza.elements.length} children` : undefined;
  }),
  'language tags that are well-formed': ofStanzas((stanza) => {
    const tags = [...descendants(stanza)].map((element) => element.get('xml:lang') ?? '');
    const wrong = tags.find((tag) => !languageTag.test(tag));
    return wrong && `'xml:lang' is ${wrong}`;
  }),
  'texts with a language': ofStanzas(textWithoutLanguage),
  'delay stamps of the present': ofStanzas(stampOfAnotherTime),
  // Section 15 of RFC 6120 spells out that the prefix of the root holds for all that is in its namespace.
  'stream elements with the prefix of the header': (event, { prefix }) => {
    if (event.kind !== 'features' && event.kind !== 'stream-error') return undefined;
    const own = event.element?.prefix;
    return own === undefined || own === prefix
      ? undefined
      : `its prefix is '${own}', that of the header '${prefix}'`;
  },
  'features in namespaces of their own': (event) => {
    const stray = event.kind === 'features' ? event.element.elements.find(inNamespaceOfStream) : undefined;
    return stray && `<${stray.name}/> is a feature in the namespace '${stray.namespace}'`;
  },
  'features before binding': (event, { bound }) => {
    const late = bound && event.kind === 'features' && event.element.elements.length > 0;
    return late ? 'stream features come again' : undefined;
  },
};

/** Looks at everything that came, in its order; the first that breaks the rule, and why. */
export function breach(
  rule: string,
  events: readonly XmppEvent[],
  domain: string,
): { element: XmlElement; why: string } | undefined {
  const complaint = sessionRules[rule];
  const session: Session = { domain, bound: false, prefix: undefined };
  for (const event of events) {
    if (event.kind === 'header') session.prefix = event.header.prefix;
    const why = complaint?.(event, session);
    if (why !== undefined && 'element' in event && event.element) return { element: event.element, why };
    if (event.kind === 'header') session.bound = false;
    if (event.kind === 'element' && isStanza(event.element) && event.element.child('bind', namespaces.bind))
      session.bound = event.element.get('type') === 'result';
  }
  return undefined;
}
