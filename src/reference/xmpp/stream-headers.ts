import { escapeXml } from '../../xmpp/element.ts';
import { bareJid } from '../../xmpp/jid.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import { headerViolation, type StreamHeader } from '../../xmpp/stream-parser.ts';
import type { Fault } from '../fault.ts';
import type { XmppDomain } from './domain.ts';
import { preparedDomain } from './domainpart.ts';
import type { StreamError } from './stream-errors.ts';

export const faults: Fault[] = [
  {
    name: 'stream-id-is-reused',
    breaks: [
      'rfc6120/4.7.3-id-unique',
      'rfc6120/4.7.3-initial-id-ignored',
      'rfc6120/5.4.3.3-new-stream-id',
      'rfc6120/6.4.6-new-stream-id',
      'rfc7395/3.3.1-open-attributes',
    ],
    summary: 'Gives every stream the same id',
  },
  {
    name: 'stream-header-without-id',
    breaks: ['rfc6120/4.7.3*', 'rfc7395/3.4*'],
    summary: 'Opens streams without an id',
  },
  {
    name: 'stream-header-without-from',
    breaks: ['rfc6120/4.7.1-response-from', 'rfc7395/3.4-client-speaks-first', 'rfc7395/3.4-open-in-reply'],
    summary: 'Opens streams without saying which domain it is',
  },
  {
    name: 'stream-header-without-to',
    breaks: ['rfc6120/4.7.2-response-to'],
    summary: 'Does not answer the from of a stream header with a to',
  },
  {
    name: 'stream-header-to-nobody-named',
    breaks: ['rfc6120/4.7.2*'],
    summary: 'Puts a to into its stream header although the client gave no from',
  },
  {
    name: 'stream-header-without-language',
    breaks: [
      'rfc6120/4.7.4-default-language',
      'rfc6120/4.7.4-preferred-language',
      'rfc6120/4.7.4-response-lang',
      'rfc7395/3.4-open-in-reply',
    ],
    summary: 'Opens streams without naming a language',
  },
  {
    name: 'stream-language-is-echoed',
    breaks: ['rfc6120/4.7.4-default-language', 'rfc6120/4.7.4-matching-language'],
    summary: 'Claims to speak whatever language the client names',
  },
  {
    name: 'stream-header-without-version',
    breaks: ['rfc6120/4.7.5-version-lower-of-both', 'rfc7395/3.4-open-in-reply'],
    summary: 'Opens streams without a version',
  },
  {
    name: 'stream-version-is-echoed',
    breaks: ['rfc6120/4.7.5*'],
    summary: 'Claims whatever version of XMPP the client asks for',
  },
  {
    name: 'stream-domain-is-known-by-its-letters',
    breaks: ['rfc7622/4-to-of-streams'],
    summary: 'Serves streams to its domain in one spelling alone',
  },
  {
    name: 'unknown-hosts-are-served',
    breaks: ['rfc6120/4.9.3.6*'],
    summary: 'Opens streams to domains that it does not serve, instead of sending an error',
    silent: true,
  },
  {
    name: 'missing-to-is-refused',
    breaks: ['rfc6120/4.7.2-missing-to-tolerated'],
    summary: 'Refuses stream headers that name no domain, although it serves but one',
  },
  {
    name: 'missing-version-is-taken-for-1.0',
    breaks: ['rfc6120/4.7.5-no-version-to-old-entity'],
    summary: 'Answers a stream header without version as if it had said 1.0',
  },
  {
    name: 'xml-declaration-is-not-sent',
    breaks: ['rfc6120/4.3.3-xml-declaration', 'rfc6120/11.5-declaration-sent'],
    summary: 'Opens streams without an XML declaration',
  },
  {
    name: 'xml-declaration-is-malformed',
    breaks: ['rfc6120/11.5-declaration-well-formed'],
    summary: 'Sends an XML declaration whose parts stand in the wrong order',
  },
  {
    name: 'standalone-is-sent',
    breaks: ['rfc6120/11.5-no-standalone-sent'],
    summary: 'Sends an XML declaration that calls the stream standalone',
  },
  {
    name: 'byte-order-mark-is-sent',
    breaks: ['rfc6120/11.6-no-byte-order-mark'],
    summary: 'Begins its stream with a byte order mark',
  },
  {
    name: 'stream-ids-are-counted',
    breaks: ['rfc6120/4.7.3-id-unpredictable'],
    summary: 'Numbers its streams, and takes the number for the id',
  },
  {
    name: 'byte-order-mark-is-passed-over',
    breaks: ['rfc6120/11.6-feff-is-a-space'],
    summary: 'Reads a stream that begins with U+FEFF as if that were not there',
  },
  {
    name: 'xml-declaration-is-demanded',
    breaks: ['rfc6120/11.6-utf-8-supported'],
    summary: 'Refuses stream headers that no XML declaration precedes',
  },
  {
    name: 'encoding-must-not-be-declared',
    breaks: ['rfc6120/11.6-utf-8-supported'],
    summary: 'Refuses streams whose XML declaration names an encoding, and be it UTF-8',
  },
  {
    name: 'standalone-is-malformed',
    breaks: ['rfc6120/11.5-standalone-no-condition'],
    summary: 'Says that a standalone in the XML declaration is not well-formed',
  },
  {
    name: 'stream-header-for-servers',
    breaks: ['rfc6120/4.8.2-same-content-namespace', 'rfc6120/4.8.3-no-jabber-server-to-client'],
    summary: 'Opens its streams to clients for stanzas in the namespace of servers',
  },
  {
    name: 'wrong-namespaces-are-accepted',
    breaks: [
      'rfc6120/4.8.3-unsupported-content-namespace',
      'rfc6120/4.9.3.10-invalid-namespace',
      'rfc7395/3.3.2-wrong-namespace-closes',
    ],
    summary: 'Opens streams whose header is in no namespace of XMPP',
  },
  {
    name: 'declarations-in-header-are-accepted',
    breaks: ['rfc6120/4.8.5-extension-declarations*'],
    summary: 'Opens streams whose header declares namespaces for the content of stanzas, and sends no error',
    silent: true,
  },
  {
    name: 'declarations-in-header-are-lost',
    breaks: ['rfc6120/4.8.5-namespaces-declared-on-delivery'],
    summary: 'Accepts namespaces that the header declares, and delivers their prefixes without a declaration',
  },
  {
    name: 'old-versions-are-accepted',
    breaks: ['rfc6120/4.9.3.25*', 'rfc6120/4.7.5-version-lower-of-both'],
    summary: 'Opens streams of versions that it does not support, and says that they are of its own',
  },
  {
    name: 'framed-stream-declares-xml',
    breaks: ['rfc7395/3.3.3-no-xml-declaration'],
    summary: 'Puts an XML declaration before the open of a WebSocket',
  },
  {
    name: 'framed-stream-opens-like-tcp',
    breaks: [
      'rfc7395/3.3.1-open-attributes',
      'rfc7395/3.3.2-wrong-namespace-closes',
      'rfc7395/3.3.3-message-holds-one-stanza',
      'rfc7395/3.3.3-unparsable-refused',
      'rfc7395/3.3.3-stream-prefix-declared',
      'rfc7395/3.4-client-speaks-first',
    ],
    summary: 'Answers the open of a WebSocket with a stream header of TCP',
  },
  {
    name: 'framed-stream-closes-like-tcp',
    breaks: [
      'rfc7395/3.3.2-wrong-namespace-closes',
      'rfc7395/3.3.3-message-holds-one-stanza',
      'rfc7395/3.3.3-unparsable-refused',
      'rfc7395/3.3.3-stream-prefix-declared',
      'rfc7395/3.6-close-answered',
      'rfc7395/3.6-close-before-connection',
    ],
    summary: 'Closes the stream of a WebSocket with a closing tag of TCP',
  },
];

/** The faults that let a header declare more than its own namespaces. */
const tolerant = [
  'declarations-in-header-are-accepted',
  'declarations-in-header-are-lost',
  'declarations-outlive-stream',
];

/** The server speaks English. */
const serverLanguage = 'en';

/** What is wrong with a stream header, if anything is (RFC 6120 sections 4.7 and 4.8). */
export function headerMistake(domain: XmppDomain, header: StreamHeader): StreamError | undefined {
  const { faults } = domain;
  const misnamed = headerViolation(header);
  if (misnamed && !faults.active('wrong-namespaces-are-accepted')) return misnamed;
  const declared = [...header.declarations.keys()].find(
    (prefix) => prefix !== '' && prefix !== header.prefix,
  );
  if (declared !== undefined && !tolerant.some((name) => faults.active(name))) {
    return {
      condition: 'invalid-namespace',
      text: `The prefix ${declared} is not for the header to declare`,
    };
  }
  const misdeclared = declarationMistake(domain, header);
  if (misdeclared) return misdeclared;
  const to = header.get('to');
  if (to === undefined && faults.active('missing-to-is-refused')) {
    return { condition: 'host-unknown', text: 'The stream header names no domain' };
  }
  if (to !== undefined && !isServed(domain, to) && !faults.active('unknown-hosts-are-served')) {
    return { condition: 'host-unknown', text: `This server serves ${domain.name}` };
  }
  const spoken = header.get('version') === undefined && faults.active('missing-version-is-taken-for-1.0');
  const major = spoken ? 1 : majorVersion(header);
  if ((major === undefined || major < 1) && !faults.active('old-versions-are-accepted')) {
    return { condition: 'unsupported-version', text: 'This server speaks XMPP 1.0' };
  }
  return undefined;
}

/** RFC 7622 section 4: the `to` of a stream is an address, which is compared in its prepared form. */
function isServed(domain: XmppDomain, to: string): boolean {
  if (domain.faults.active('stream-domain-is-known-by-its-letters')) return to === domain.name;
  return preparedDomain(to) === domain.name;
}

/** Only faults object to an XML declaration that the parser let pass (RFC 6120 section 11.5). */
function declarationMistake({ faults }: XmppDomain, header: StreamHeader): StreamError | undefined {
  const { declaration, framed } = header;
  if (!declaration && !framed && faults.active('xml-declaration-is-demanded')) {
    return { condition: 'not-well-formed', text: 'The XML declaration is missing' };
  }
  if (declaration?.encoding !== undefined && faults.active('encoding-must-not-be-declared')) {
    return { condition: 'unsupported-encoding', text: 'No encoding can be chosen' };
  }
  if (declaration?.standalone !== undefined && faults.active('standalone-is-malformed')) {
    return { condition: 'not-well-formed', text: 'The XML declaration has an attribute too much' };
  }
  return undefined;
}

function majorVersion(header: StreamHeader): number | undefined {
  const major = /^(\d{1,6})\.\d{1,6}$/.exec(header.get('version') ?? '')?.[1];
  return major === undefined ? undefined : Number(major);
}

/** The response stream header (RFC 6120 section 4.7), or the `<open/>` of a framed stream (RFC 7395 section 3.4). */
export function responseHeader(
  domain: XmppDomain,
  framing: 'stream' | 'framed',
  id: string,
  header: StreamHeader | undefined,
): string {
  const { faults } = domain;
  const attributes: Record<string, string> = {
    from: domain.name,
    id: faults.active('stream-id-is-reused') ? 'stream' : id,
    'xml:lang': (faults.active('stream-language-is-echoed') && header?.get('xml:lang')) || serverLanguage,
  };
  const from = header?.get('from');
  const to = from ?? (faults.active('stream-header-to-nobody-named') ? `somebody@${domain.name}` : undefined);
  if (to !== undefined && !faults.active('stream-header-without-to')) attributes.to = bareJid(to);
  // A header without version speaks XMPP 0.9, which answers without one, too.
  const unsaid = faults.active('missing-version-is-taken-for-1.0') ? '1.0' : undefined;
  const asked = header ? (header.get('version') ?? unsaid) : '1.0';
  if (asked !== undefined) attributes.version = faults.active('stream-version-is-echoed') ? asked : '1.0';

  const omissions = {
    id: 'stream-header-without-id',
    from: 'stream-header-without-from',
    'xml:lang': 'stream-header-without-language',
    version: 'stream-header-without-version',
  };
  for (const [attribute, fault] of Object.entries(omissions)) {
    if (faults.active(fault)) delete attributes[attribute];
  }
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}='${escapeXml(value)}'`);
  if (framing === 'framed' && !faults.active('framed-stream-opens-like-tcp')) {
    return framedOpen(domain, written.join(''));
  }
  const content = faults.active('stream-header-for-servers') ? namespaces.server : namespaces.client;
  const extension = faults.active('extension-namespace-is-declared-in-header')
    ? ` xmlns:q='${namespaces.roster}'`
    : '';
  const declared = `xmlns='${content}' xmlns:stream='${namespaces.stream}'${extension}`;
  return `${xmlDeclaration(domain)}<stream:stream ${declared}${written.join('')}>`;
}

function framedOpen({ faults }: XmppDomain, attributes: string): string {
  const declaration = faults.active('framed-stream-declares-xml') ? "<?xml version='1.0'?>" : '';
  return `${declaration}<open xmlns='${namespaces.framing}'${attributes}/>`;
}

/** RFC 6120 section 11.5. */
function xmlDeclaration({ faults }: XmppDomain): string {
  if (faults.active('xml-declaration-is-not-sent')) return '';
  if (faults.active('xml-declaration-is-malformed')) return "<?xml encoding='UTF-8' version='1.0'?>";
  if (faults.active('standalone-is-sent')) return "<?xml version='1.0' standalone='yes'?>";
  return `${faults.active('byte-order-mark-is-sent') ? '\uFEFF' : ''}<?xml version='1.0'?>`;
}

/** What ends the stream: the closing tag of its root, or the `<close/>` of a framed one (RFC 7395 section 3.6). */
export function streamEnd(domain: XmppDomain, framing: 'stream' | 'framed'): string {
  const framed = framing === 'framed' && !domain.faults.active('framed-stream-closes-like-tcp');
  return framed ? `<close xmlns='${namespaces.framing}'/>` : '</stream:stream>';
}
