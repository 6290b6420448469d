import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import {
  CertificateAuthority,
  type IssuedCertificate,
  wrongCertificates,
} from '../network/certificate-authority.ts';
import type { Fault, FaultSwitch } from './fault.ts';
import { endPointHash, type TlsIdentity } from './xmpp/encryption.ts';

/** What a certificate breaks that its clients cannot accept. */
const byCertificate = [
  'messaging/tls-certificate-matches',
  'rfc6120/13.7.1.1*',
  'rfc6120/13.7.1.2.1*',
  'rfc6120/5.4.3.1-certificate*',
  'rfc7590/rfc-7525-6.1-certificate-for-name',
  'xep-0368/3-same-certificates',
];

export const faults: Fault[] = [
  {
    name: 'certificate-has-expired',
    breaks: byCertificate,
    summary: 'Shows a certificate whose time is over',
  },
  {
    name: 'certificate-is-not-valid-yet',
    breaks: byCertificate,
    summary: 'Shows a certificate whose time has not come',
  },
  {
    name: 'certificate-is-self-signed',
    breaks: [...byCertificate, 'rfc6120/5.4.3.1-tls-handshake'],
    summary: 'Shows a certificate that no authority signed',
  },
  {
    name: 'certificate-names-another-domain',
    breaks: byCertificate,
    summary: 'Shows a certificate for a domain that it does not serve',
  },
  {
    name: 'certificate-is-for-clients',
    breaks: byCertificate,
    summary: 'Shows a certificate that is not meant for servers',
  },
  {
    name: 'certificate-is-of-an-authority',
    breaks: ['rfc6120/13.7.1.1-certificate-not-ca'],
    summary: 'Shows a certificate that is marked as that of an authority',
  },
  {
    name: 'certificate-without-status',
    breaks: ['rfc6120/13.7.1.1-certificate-ocsp'],
    summary: 'Shows a certificate that does not say where its status can be asked for',
  },
  {
    name: 'certificate-without-service-names',
    breaks: ['rfc6120/13.7.1.2.1-certificate-srv-id'],
    summary: 'Shows a certificate with its domain as DNS name alone',
  },
  {
    name: 'certificate-is-signed-with-sha-1',
    breaks: ['rfc6120/13.7.1.1-certificate-signature-algorithm', 'rfc7590/rfc-7525-4.3*'],
    summary: 'Shows a certificate whose signature is made with SHA-1',
  },
  {
    name: 'certificate-key-is-short',
    breaks: ['rfc7590/rfc-7525-4.3-certificate-key'],
    summary: 'Shows a certificate with an RSA key of 1024 bits',
  },
  {
    name: 'tls-1.2-is-not-spoken',
    breaks: ['rfc7590/rfc-7525-3.1.1-tls-1.2'],
    summary: 'Speaks no older TLS than 1.3',
  },
  {
    name: 'tls-1.1-is-accepted',
    breaks: [
      'messaging/tls-old-versions-refused',
      'rfc7590/rfc-8996-old-versions',
      'wss/rfc8996-old-versions',
    ],
    summary: 'Accepts versions of TLS that are not to be used any more',
  },
  {
    name: 'tls-1.3-is-not-offered',
    breaks: [
      'rfc7590/rfc-9325-3.1.1-tls-1.3*',
      'messaging/tls-1.3-offered',
      'rfc5802/rfc-9266-3-tls-exporter',
      'rfc6120/5.4.3.1-tls-handshake',
    ],
    summary: 'Speaks no newer TLS than 1.2',
  },
];

/** Faults that change the certificate, with what is wrong about it. */
const faultyCertificates = {
  'certificate-has-expired': wrongCertificates.expired,
  'certificate-is-not-valid-yet': wrongCertificates['not yet valid'],
  'certificate-is-self-signed': wrongCertificates['self-signed'],
  'certificate-is-for-clients': wrongCertificates['wrong purpose'],
  'certificate-names-another-domain': {},
  'certificate-is-of-an-authority': { authority: true },
  'certificate-without-status': { status: false },
  'certificate-without-service-names': { xmppDomains: [] },
  'certificate-is-signed-with-sha-1': { hash: 'SHA-1' },
  'certificate-key-is-short': { key: 'RSA 1024' },
} as const;

/** Faults that change the versions of TLS, or what it takes to show a certificate. */
const faultyVersions: Record<string, SecureContextOptions> = {
  'tls-1.1-is-accepted': { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' },
  'tls-1.2-is-not-spoken': { minVersion: 'TLSv1.3' },
  // OpenSSL shows such certificates only below its usual level of security.
  'certificate-is-signed-with-sha-1': { ciphers: 'DEFAULT:@SECLEVEL=0' },
  'certificate-key-is-short': { ciphers: 'DEFAULT:@SECLEVEL=0' },
  'tls-1.3-is-not-offered': { maxVersion: 'TLSv1.2' },
};

/** One authority for all servers of a process that bring none: making keys takes longer than starting a server. */
let commonAuthority: Promise<CertificateAuthority> | undefined;

export function sharedAuthority(): Promise<CertificateAuthority> {
  commonAuthority ??= CertificateAuthority.create();
  return commonAuthority;
}

/** Certificates are made once for each authority and kind, and shared by all servers. */
const issued = new WeakMap<CertificateAuthority, Map<string, Promise<IssuedCertificate>>>();
const contexts = new WeakMap<IssuedCertificate, Map<string, SecureContext>>();

/** What a server of that domain shows in TLS handshakes, with the certificates that its faults need. */
export async function tlsIdentity(
  authority: CertificateAuthority,
  domain: string,
  names: { chosen: readonly string[]; faults: FaultSwitch },
): Promise<TlsIdentity> {
  const proper = await certificateFor(authority, domain, 'proper');
  const faulty = new Map<string, IssuedCertificate>();
  for (const fault of names.chosen) {
    if (fault in faultyCertificates) faulty.set(fault, await certificateFor(authority, domain, fault));
  }
  const active = (candidates: Iterable<string>) => [...candidates].find((name) => names.faults.active(name));
  return {
    ca: authority.certificate,
    endPoint: endPointOf(proper),
    context: () => {
      const certificate = faulty.get(active(faulty.keys()) ?? '') ?? proper;
      return contextFor(authority, certificate, active(Object.keys(faultyVersions)) ?? '');
    },
  };
}

const endPoints = new WeakMap<IssuedCertificate, Buffer>();

function endPointOf(issued: IssuedCertificate): Buffer {
  const endPoint = endPoints.get(issued) ?? endPointHash(issued.certificate);
  endPoints.set(issued, endPoint);
  return endPoint;
}

function certificateFor(
  authority: CertificateAuthority,
  domain: string,
  kind: string,
): Promise<IssuedCertificate> {
  const known = issued.get(authority) ?? new Map<string, Promise<IssuedCertificate>>();
  issued.set(authority, known);
  const key = `${kind} ${domain}`;
  const made = known.get(key) ?? issue(authority, domain, kind);
  known.set(key, made);
  return made;
}

function issue(authority: CertificateAuthority, domain: string, kind: string): Promise<IssuedCertificate> {
  const named = kind === 'certificate-names-another-domain' ? `not-${domain}` : domain;
  const options =
    kind in faultyCertificates ? faultyCertificates[kind as keyof typeof faultyCertificates] : {};
  return authority.issueServer([named], { xmppDomains: [named], ...options });
}

/** What RFC 9325 section 4 leaves: nothing without forward secrecy, over finite fields, or in CBC mode. */
const cipherSuites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE+AESGCM',
  'ECDHE+CHACHA20',
].join(':');

function contextFor(
  authority: CertificateAuthority,
  certificate: IssuedCertificate,
  version: string,
): SecureContext {
  const known = contexts.get(certificate) ?? new Map<string, SecureContext>();
  contexts.set(certificate, known);
  const context =
    known.get(version) ??
    createSecureContext({
      cert: certificate.certificate,
      key: certificate.privateKey,
      ca: authority.certificate,
      minVersion: 'TLSv1.2',
      // RFC 7525 section 4.2.1: the server's order of cipher suites counts.
      honorCipherOrder: true,
      ciphers: cipherSuites,
      // Without one, a server that asks clients for certificates fails the handshake of those that resume a session.
      sessionIdContext: 'touchstone',
      ...faultyVersions[version],
    });
  known.set(version, context);
  return context;
}
