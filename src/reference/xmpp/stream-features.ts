import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { ClientStream } from './stream.ts';

export const faults: Fault[] = [
  {
    name: 'starttls-is-not-offered',
    breaks: [
      'rfc6120/13.6-strong-security-used',
      'rfc6120/13.7.1.2.1-certificate-names-domain',
      'rfc6120/4.3.2-features-after-header',
      'rfc6120/5.4.1-required-flag',
      'rfc6120/5.4.1-starttls-advertised',
    ],
    summary: 'Leaves STARTTLS out of the stream features',
  },
  {
    name: 'starttls-looks-optional',
    breaks: ['rfc6120/5.4.1-required-flag', 'rfc6121/11-encryption-mandated'],
    summary: 'Requires TLS without saying so in the feature',
  },
  {
    name: 'starttls-is-offered-again',
    breaks: ['rfc6120/5.4.3.3-starttls-not-offered-again', 'rfc7395/3.9-starttls*', 'xep-0368/3-no-starttls'],
    summary: 'Offers STARTTLS on streams that are encrypted, or that can not be',
  },
  {
    name: 'mechanisms-are-offered-before-tls',
    breaks: [
      'messaging/tls-no-password-in-the-clear',
      'rfc6120/13.6-strong-security-used',
      'rfc6120/5.3.1-only-feature-when-mandatory',
      'rfc6120/6.3.4-mechanism-hidden-before-tls',
    ],
    summary: 'Offers SASL mechanisms, PLAIN among them, before TLS, and takes them',
  },
  {
    name: 'mechanisms-in-the-clear-are-refused',
    breaks: ['rfc6120/6.3.4-mechanism-hidden-before-tls'],
    summary: 'Offers SASL mechanisms before TLS, and refuses them there',
  },
  {
    name: 'no-mechanisms-are-offered',
    breaks: [
      'rfc6120/6.3.4-external-offered',
      'rfc6120/6.4.1-mechanisms-advertised',
      'rfc6120/6.4.1-new-stream-id',
    ],
    summary: 'Offers no SASL mechanism',
  },
  {
    name: 'mechanisms-are-offered-after-login',
    breaks: ['rfc6120/6.3.2-restart', 'rfc6120/6.4.6-features-after-sasl'],
    summary: 'Offers SASL mechanisms again after authentication',
  },
  {
    name: 'binding-is-not-offered',
    breaks: ['rfc6120/7.4-advertised-after-sasl'],
    summary: 'Leaves resource binding out of the stream features',
  },
  {
    name: 'roster-versioning-is-not-offered',
    breaks: ['rfc6121/2.6.1*'],
    summary: 'Does not advertise roster versioning',
  },
  {
    name: 'features-in-content-namespace',
    breaks: ['rfc6120/4.3.2-feature-namespaces'],
    summary: 'Puts a feature into the namespace of stanzas',
  },
  {
    name: 'pre-approval-is-not-offered',
    breaks: ['rfc6121/3.4-feature-advertised'],
    summary: 'Does not advertise subscription pre-approval',
  },
  {
    name: 'stream-management-is-not-offered',
    breaks: ['xep-0198/2-advertised'],
    summary: 'Does not advertise stream management',
  },
];

/** The features of a stream: what can be negotiated next (RFC 6120 section 4.3.2). */
export function streamFeatures(stream: ClientStream): XmlElement {
  const { faults } = stream.domain;
  const features: XmlElement[] = [];
  if (faults.active('features-in-content-namespace'))
    features.push(new XmlElement('optional', namespaces.client));
  if (stream.transport.canStartTls && !faults.active('starttls-is-not-offered'))
    features.push(startTls(stream));
  else if (faults.active('starttls-is-offered-again')) features.push(startTls(stream));
  if (!stream.account) features.push(...authentication(stream));
  else {
    if (faults.active('mechanisms-are-offered-after-login')) features.push(...mechanisms(stream));
    features.push(...afterLogin(stream));
  }
  return new XmlElement('features', namespaces.stream, {}, features);
}

/** TLS is required, and therefore the only feature that counts as long as it was not negotiated (section 5.3.1). */
function startTls({ domain }: ClientStream): XmlElement {
  const required = domain.faults.active('starttls-looks-optional')
    ? []
    : [new XmlElement('required', namespaces.tls)];
  return new XmlElement('starttls', namespaces.tls, {}, required);
}

function authentication(stream: ClientStream): XmlElement[] {
  const { faults } = stream.domain;
  const early = ['mechanisms-are-offered-before-tls', 'mechanisms-in-the-clear-are-refused'];
  if (stream.transport.canStartTls && !early.some((fault) => faults.active(fault))) return [];
  if (faults.active('no-mechanisms-are-offered')) return [];
  return [...mechanisms(stream), new XmlElement('register', namespaces.registerFeature)];
}

/** RFC 6120 section 6.4.1, with the channel bindings of XEP-0440. */
function mechanisms(stream: ClientStream): XmlElement[] {
  const names = stream.sasl.mechanisms.map(
    (name) => new XmlElement('mechanism', namespaces.sasl, {}, [name]),
  );
  const offered = [new XmlElement('mechanisms', namespaces.sasl, {}, names)];
  const types = stream.transport.encryption?.channelBindingTypes ?? [];
  if (types.length === 0) return offered;
  const bindings = types.map(
    (type) => new XmlElement('channel-binding', namespaces.saslChannelBinding, { type }),
  );
  return [...offered, new XmlElement('sasl-channel-binding', namespaces.saslChannelBinding, {}, bindings)];
}

function afterLogin({ domain }: ClientStream): XmlElement[] {
  const offers: [fault: string, feature: XmlElement][] = [
    ['binding-is-not-offered', new XmlElement('bind', namespaces.bind)],
    ['stream-management-is-not-offered', new XmlElement('sm', namespaces.streamManagement)],
    ['roster-versioning-is-not-offered', new XmlElement('ver', namespaces.rosterVersioning)],
    ['pre-approval-is-not-offered', new XmlElement('sub', namespaces.preApproval)],
  ];
  return offers.filter(([fault]) => !domain.faults.active(fault)).map(([, feature]) => feature);
}
