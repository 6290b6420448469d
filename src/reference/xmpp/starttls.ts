import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
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
    breaks: ['rfc6120/5.3.4*', 'rfc6120/5.4.2*', 'rfc6120/5.4.3*'],
    summary: 'Answers, inside TLS, what came in the clear behind the request for it',
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
  // Whatever came behind the request was not encrypted; taking it for encrypted would let anybody inject stanzas.
  stream.startTls(faults.active('plaintext-after-starttls-is-kept'));
}
