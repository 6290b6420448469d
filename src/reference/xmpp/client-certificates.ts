import { X509Certificate } from 'node:crypto';
import type { Fault, FaultSwitch } from '../fault.ts';
import { readAddress } from './address.ts';
import type { XmppDomain } from './domain.ts';
import type { ClientStream } from './stream.ts';
import type { StreamError } from './stream-errors.ts';

export const faults: Fault[] = [
  {
    name: 'external-is-never-offered',
    breaks: ['rfc6120/13.8.4*', 'rfc6120/6.3.4-external-offered', 'rfc6120/13.7.2.2.1*'],
    summary: 'Does not offer EXTERNAL to clients with a good certificate',
  },
  {
    name: 'client-certificate-time-is-not-checked',
    breaks: ['rfc6120/5.4.3.1-client-certificate-validated', 'rfc6120/13.7.2-certificate-validated'],
    summary: 'Takes certificates of clients that have run out, or are not valid yet',
  },
  {
    name: 'client-certificate-signature-is-not-checked',
    breaks: [
      'rfc6120/5.4.3.1-client-certificate-validated',
      'rfc6120/13.7.2-certificate-validated',
      'rfc6120/13.7.2.2.2-unknown-authority',
      'rfc6120/13.7.2.2.3-self-signed',
    ],
    summary: 'Takes certificates of clients whoever signed them',
  },
  {
    name: 'client-certificate-rules-are-not-checked',
    breaks: ['rfc6120/13.7.2-certificate-rules-checked'],
    summary: 'Takes certificates of clients that are for servers, or for authorities',
  },
  {
    name: 'client-certificate-domain-is-not-looked-at',
    breaks: ['rfc6120/13.7.2.2.1-foreign-address-not-identity'],
    summary: 'Takes the localpart of an address elsewhere for the name of an account here',
  },
  {
    name: 'client-certificate-first-address-counts',
    breaks: ['rfc6120/13.7.2.2.1*'],
    summary: 'Knows the first address of a certificate only, be it of this domain or not',
  },
  {
    name: 'client-certificate-addresses-are-not-needed',
    breaks: ['rfc6120/13.7.2.2.1-xmpp-addresses-looked-for'],
    summary: 'Takes the word of a client whose certificate names no address',
  },
  {
    name: 'client-certificate-expiry-is-not-noticed',
    breaks: ['rfc6120/13.7.2.3-expiry-resets'],
    summary: 'Goes on with a client whose certificate has run out meanwhile',
    silent: true,
  },
];

/** The extended key usage id-kp-clientAuth. */
const forClients = '1.3.6.1.5.5.7.3.2';

/** The accounts that the client's certificate stands for (RFC 6120 section 13.7.2.2, XEP-0178). */
export function externalIdentities(stream: ClientStream): string[] {
  const { domain } = stream;
  const { faults } = domain;
  const certificate = trustedCertificate(stream);
  if (!certificate || faults.active('external-is-never-offered')) return [];
  const named = addressesIn(certificate);
  const looked = faults.active('client-certificate-first-address-counts') ? named.slice(0, 1) : named;
  return looked.flatMap((address) => identityIn(domain, address));
}

/** A fault lets a client in whose certificate names nobody. */
export function isCertifiedWithoutName(stream: ClientStream): boolean {
  const certificate = trustedCertificate(stream);
  const faulty = stream.domain.faults.active('client-certificate-addresses-are-not-needed');
  return faulty && certificate !== undefined && addressesIn(certificate).length === 0;
}

function identityIn(domain: XmppDomain, name: string): string[] {
  const address = readAddress(name);
  if (!address?.local) return [];
  if (domain.serves(address)) return [address.bare];
  const believed = domain.faults.active('client-certificate-domain-is-not-looked-at');
  return believed ? [`${address.local}@${domain.name}`] : [];
}

/** The XMPP addresses of a certificate (section 13.7.1.4). */
function addressesIn(certificate: X509Certificate): string[] {
  const names = certificate.subjectAltName ?? '';
  return names.split(', ').flatMap((name) => /^othername:\s*XmppAddr:+(.+)$/.exec(name)?.[1] ?? []);
}

/** The client's certificate, where it holds (section 13.7.2). */
function trustedCertificate({ domain, transport }: ClientStream): X509Certificate | undefined {
  const certificate = transport.encryption?.clientCertificate;
  return certificate && isTrusted(certificate, domain.identity.ca, domain.faults) ? certificate : undefined;
}

/** A certificate of the authority that is known which does not hold ends the session (section 13.7.2). */
export function certificateMistake({ domain, transport }: ClientStream): StreamError | undefined {
  const certificate = transport.encryption?.clientCertificate;
  if (!certificate?.checkIssued(new X509Certificate(domain.identity.ca))) return undefined;
  if (isTrusted(certificate, domain.identity.ca, domain.faults)) return undefined;
  return { condition: 'not-authorized', text: 'The certificate of the client does not hold' };
}

/** Node.js judges client certificates only for its own servers, and not for sockets that begin TLS late. */
function isTrusted(certificate: X509Certificate, ca: string, faults: FaultSwitch): boolean {
  const authority = new X509Certificate(ca);
  const now = Date.now();
  const valid = Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
  const signed = certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  const fitting = !certificate.ca && (certificate.keyUsage ?? [forClients]).includes(forClients);
  return (
    (valid || faults.active('client-certificate-time-is-not-checked')) &&
    (signed || faults.active('client-certificate-signature-is-not-checked')) &&
    (fitting || faults.active('client-certificate-rules-are-not-checked'))
  );
}

/** The longest time that a timer can be set to, in milliseconds. */
const longestTimer = 2 ** 31 - 1;
/** Whoever asks whether the server is quiet waits for the end of a certificate that is so near. */
const near = 10_000;

/** Ends the stream when the certificate that the client showed runs out (section 13.7.2.3). */
export function endWithCertificate(stream: ClientStream): void {
  const certificate = trustedCertificate(stream);
  if (!certificate) return;
  const left = Date.parse(certificate.validTo) - Date.now();
  if (left < 0 || left > longestTimer) return;
  const done = left < near ? stream.domain.activity.begin() : () => undefined;
  const onExpiry = () => {
    if (!stream.domain.faults.active('client-certificate-expiry-is-not-noticed'))
      stream.fail({ condition: 'reset', text: 'The certificate of the client has run out' });
    done();
  };
  setTimeout(onExpiry, left).unref();
}
