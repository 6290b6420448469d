import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';

/** What breaks where a client cannot read the condition. */
const byCondition = [
  'rfc6120/4.9.2-defined-condition',
  'rfc6120/4.9.4-application-condition-supplements',
  'rfc6120/4.9.3.12-not-authorized',
  'rfc6120/4.9.3.12-not-authorized-unprocessed',
  'rfc6120/4.9.3.13-not-well-formed',
  'rfc6120/4.9.3.18-restricted-xml',
  'rfc6120/4.9.3.22-unsupported-encoding',
  'rfc6120/4.9.3.24-unsupported-stanza-type',
];

export const faults: Fault[] = [
  {
    name: 'stream-error-is-undefined-condition',
    breaks: [
      'rfc6120/11.1-restricted-condition',
      'rfc6120/11.3-namespace-malformed-refused',
      'rfc6120/11.6-other-encoding-closes',
      'rfc6120/4.8.3-unsupported-content-namespace',
      'rfc6120/4.8.5-extension-declarations-in-header-closed',
      'rfc6120/4.9.2-defined-condition',
      'rfc6120/4.9.3.12-not-authorized',
      'rfc6120/4.9.3.12-not-authorized-unprocessed',
      'rfc6120/4.9.3.13-not-well-formed',
      'rfc6120/4.9.3.21-undefined-condition-explained',
      'rfc6120/4.9.3.24-unsupported-stanza-type',
      'xep-0198/5-old-stream-conflict',
    ],
    summary: 'Names undefined-condition whatever broke the stream',
  },
  {
    name: 'stream-error-without-condition',
    breaks: byCondition,
    summary: 'Sends stream errors that name no condition',
  },
  {
    name: 'stream-error-in-wrong-namespace',
    breaks: byCondition,
    summary: 'Qualifies the condition of a stream error by the namespace of stanza errors',
  },
  {
    name: 'stream-error-text-in-content-namespace',
    breaks: ['rfc6120/4.9.2-text-namespace'],
    summary: 'Explains stream errors by a text in the content namespace',
  },
  {
    name: 'stream-error-reason-in-content-namespace',
    breaks: ['rfc6120/4.9.2-application-namespace'],
    summary: 'Adds a condition of its own to stream errors, in the content namespace',
  },
  {
    name: 'stream-error-text-without-language',
    breaks: ['rfc6120/4.9.2-text-language', 'rfc7395/3.3.3-languages-declared'],
    summary: 'Explains stream errors without saying in which language',
  },
  {
    name: 'stream-error-before-header',
    breaks: ['rfc6120/4.9.1.2-header-before-error', 'rfc7395/3.5-error-on-opening'],
    summary: 'Sends a stream error without opening the stream first',
  },
  {
    name: 'stream-error-leaves-stream-open',
    breaks: [
      'rfc6120/4.9.1.1-error-then-close',
      'rfc6120/4.9.1.2-header-before-error',
      'rfc7395/3.5-error-in-one-message',
    ],
    summary: 'Goes on after a stream error',
    silent: true,
  },
  {
    name: 'stream-error-without-closing-tag',
    breaks: [
      'rfc6120/4.9.1.1-error-then-close',
      'rfc6120/4.9.1.2-header-before-error',
      'rfc7395/3.6-close-before-connection',
    ],
    summary: 'Drops the connection after a stream error without closing the stream',
  },
  {
    name: 'stream-ends-without-error',
    breaks: [
      'rfc6120/11.1-restricted-condition',
      'rfc6120/11.3-namespace-malformed-refused',
      'rfc6120/11.6-other-encoding-closes',
      'rfc6120/4.9-error-sent',
      'rfc6120/4.9.1.1-error-then-close',
      'rfc6120/4.9.3.10-invalid-namespace',
      'rfc6120/4.9.3.12-not-authorized',
      'rfc6120/4.9.3.12-not-authorized-unprocessed',
      'rfc6120/4.9.3.13-not-well-formed',
      'rfc6120/4.9.3.2-bad-namespace-prefix',
      'rfc6120/4.9.3.24-unsupported-stanza-type',
      'rfc6120/4.9.3.25-unsupported-version',
      'rfc6120/4.9.3.6-host-unknown',
    ],
    summary: 'Closes the stream without saying what was wrong',
  },
];

/** The conditions of RFC 6120 section 4.9.3 that this server has reason to send. */
export type StreamErrorCondition =
  | 'bad-format'
  | 'bad-namespace-prefix'
  | 'conflict'
  | 'host-unknown'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'reset'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'system-shutdown'
  | 'undefined-condition'
  | 'unsupported-encoding'
  | 'unsupported-stanza-type'
  | 'unsupported-version';

/** What breaks a stream: the condition, words for people, and perhaps a condition of an application. */
export interface StreamError {
  readonly condition: StreamErrorCondition;
  readonly text?: string;
  readonly specific?: XmlElement;
}

/** The `<stream:error/>` of RFC 6120 section 4.9.2. */
export function streamErrorElement(
  domain: { readonly faults: { active(name: string): boolean } },
  { condition, text, specific }: StreamError,
): XmlElement {
  const { faults } = domain;
  const namespace = faults.active('stream-error-in-wrong-namespace')
    ? namespaces.stanzaError
    : namespaces.streamError;
  const name = faults.active('stream-error-is-undefined-condition') ? 'undefined-condition' : condition;
  const inside: XmlElement[] = [];
  if (!faults.active('stream-error-without-condition')) inside.push(new XmlElement(name, namespace));
  const language = faults.active('stream-error-text-without-language') ? {} : { 'xml:lang': 'en' };
  const misplaced = faults.active('stream-error-text-in-content-namespace');
  const ofText = misplaced ? namespaces.client : namespaces.streamError;
  if (text) inside.push(new XmlElement('text', ofText, language, [text]));
  if (specific) inside.push(specific);
  if (faults.active('stream-error-reason-in-content-namespace'))
    inside.push(new XmlElement('reason', namespaces.client));
  return new XmlElement('error', namespaces.stream, {}, inside);
}
