import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import { faultyAnswer, helloFaultNames } from './hello-faults.ts';
import type { ClientStream } from './stream.ts';

export const faults: Fault[] = [
  {
    name: 'starttls-is-refused',
    breaks: ['rfc6120/5.4.2*'],
    summary: 'Offers STARTTLS and fails it when asked',
  },
  {
    name: 'starttls-inside-tls-is-granted',
    breaks: ['xep-0368/3-starttls-refused'],
    summary: 'Tells a client whose connection is encrypted already to proceed with TLS',
  },
  {
    name: 'starttls-goes-unanswered',
    breaks: ['rfc6120/5.4.2*'],
    summary: 'Says nothing to a request for STARTTLS',
    silent: true,
  },
  {
    name: 'starttls-failure-leaves-stream-open',
    breaks: ['rfc6120/5.4.2.2*'],
    summary: 'Goes on after a failed STARTTLS',
    silent: true,
  },
  {
    name: 'plaintext-after-starttls-is-kept',
    breaks: ['rfc6120/5.4.3.3-insecure-information-discarded'],
    summary: 'Answers, inside TLS, what came in the clear behind the request for it',
  },
  {
    name: 'plaintext-after-starttls-is-answered',
    breaks: ['rfc6120/5.4.3.1-no-xml-during-handshake', 'rfc6120/5.4.2.3-tls-begins-at-once'],
    summary: 'Answers, in the clear behind proceed, what came behind the request for TLS',
  },
  {
    name: 'handshake-can-be-skipped',
    breaks: [
      'rfc6120/5.4.3.2-failed-handshake-ends-connection',
      'rfc6120/5.3.4-tls-completed-before-sasl',
      'rfc6120/5.4.2.3-tls-begins-at-once',
    ],
    summary: 'Goes on in the clear with a client that sends XML instead of a TLS handshake',
  },
  {
    name: 'failed-handshake-closes-stream',
    breaks: ['rfc6120/5.4.3.2-failed-handshake-no-closing-tag'],
    summary: 'Sends a closing tag in the clear when there is no TLS handshake',
  },
  {
    name: 'renegotiation-ends-in-stream-error',
    breaks: ['rfc6120/5.3.5-renegotiation-refused-by-closing'],
    summary: 'Answers a new handshake within TLS by a stream error',
  },
  {
    name: 'ssl-2-is-accepted',
    breaks: ['rfc6120/13.9.5-no-ssl-2', 'rfc7590/rfc-7525-3.1.1-no-ssl-2'],
    summary: 'Answers the handshake of SSL 2.0',
  },
];

/** STARTTLS, RFC 6120 section 5.4.2. */
export function negotiateTls(stream: ClientStream, element: XmlElement): void {
  const { faults } = stream.domain;
  if (faults.active('starttls-goes-unanswered')) return;
  const wanted = element.is('starttls', namespaces.tls);
  if (stream.secured && faults.active('starttls-inside-tls-is-granted')) {
    stream.send(new XmlElement('proceed', namespaces.tls));
    return;
  }
  if (!wanted || !stream.transport.canStartTls || stream.account || faults.active('starttls-is-refused')) {
    stream.send(new XmlElement('failure', namespaces.tls));
    // Section 5.4.2.2: after a failure both the stream and the connection end.
    if (!faults.active('starttls-failure-leaves-stream-open')) stream.close();
    return;
  }
  stream.send(new XmlElement('proceed', namespaces.tls));
  if (stream.unread && faults.active('plaintext-after-starttls-is-answered')) {
    stream.fail({ condition: 'not-authorized', text: 'Nothing but TLS may follow the request for it' });
    return;
  }
  const { transport } = stream;
  if (transport.preview && previewed.some((name) => faults.active(name))) {
    transport.preview((octets) => isAnsweredInClear(stream, octets));
    return;
  }
  // Whatever came behind the request was not encrypted; taking it for encrypted would let anybody inject stanzas.
  stream.startTls(faults.active('plaintext-after-starttls-is-kept'));
}

/** Whether a fault lets what stands behind the request in its packet live on. */
export function keepsPlaintext({ domain: { faults } }: ClientStream, element: XmlElement): boolean {
  const kept =
    faults.active('plaintext-after-starttls-is-kept') ||
    faults.active('plaintext-after-starttls-is-answered');
  return kept && element.is('starttls', namespaces.tls);
}

/** Faults that look at what comes after `<proceed/>` before TLS does. */
const previewed = [
  'handshake-can-be-skipped',
  'failed-handshake-closes-stream',
  'ssl-2-is-accepted',
  ...helloFaultNames,
];

/** A SERVER-HELLO of SSL 2.0: no certificate, no cipher kinds, and a connection id of 16 octets. */
const ssl2ServerHello = Buffer.from(`801b0400000002000000000010${'5a'.repeat(16)}`, 'hex');

/** What the faults do with the first octets after `<proceed/>`. `false`: it is for TLS to read them. */
function isAnsweredInClear(stream: ClientStream, octets: Buffer): boolean {
  const { faults } = stream.domain;
  const { transport } = stream;
  const xml = octets[0] === '<'.charCodeAt(0);
  if (xml && faults.active('handshake-can-be-skipped')) {
    stream.received(octets);
    return true;
  }
  if (xml && faults.active('failed-handshake-closes-stream')) {
    transport.write('</stream:stream>');
    transport.end();
    return true;
  }
  const ssl2 = (octets[0] ?? 0) >= 0x80 && octets[2] === 1;
  if (ssl2 && faults.active('ssl-2-is-accepted')) {
    transport.writeOctets?.(ssl2ServerHello);
    return true;
  }
  if (helloFaultNames.some((name) => faults.active(name))) {
    const answer = faultyAnswer(octets, faults);
    if (answer === 'drop') transport.destroy();
    else if (answer) transport.writeOctets?.(answer);
    if (answer) return true;
  }
  stream.startTls(false);
  return false;
}
