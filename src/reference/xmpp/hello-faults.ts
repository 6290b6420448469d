import { cipherSuites } from '../../tls/cipher-suites.ts';
import { helloVersions, type OfferedHello, readClientHello, writeServerHello } from '../../tls/hello.ts';
import type { Fault, FaultSwitch } from '../fault.ts';

export const faults: Fault[] = [
  {
    name: 'ssl-3-is-accepted',
    breaks: ['rfc7590/rfc-7525-3.1.1-no-ssl-3'],
    summary: 'Answers the handshake of SSL 3.0',
  },
  {
    name: 'first-cipher-suite-is-taken',
    breaks: [
      'rfc7590/rfc-7525-4.1*',
      'rfc7590/rfc-7525-4.2*',
      'rfc7590/rfc-5246-a.5*',
      'rfc7590/rfc-9325-4*',
    ],
    summary: 'Goes on with the first cipher suite that the client offers, however weak it is',
  },
  {
    name: 'tls-compresses',
    breaks: ['rfc7590/rfc-7525-3.3-no-compression'],
    summary: 'Compresses by DEFLATE below TLS where the client offers that',
  },
  {
    name: 'truncated-hmac-is-agreed',
    breaks: ['rfc7590/rfc-7525-4.5-no-truncated-hmac'],
    summary: 'Agrees to shorten the codes that protect the records of TLS',
  },
  {
    name: 'renegotiation-info-is-left-out',
    breaks: ['rfc7590/rfc-7525-3.5-renegotiation-info', 'rfc6120/5.3.5-renegotiation-extension'],
    summary: 'Does not answer the extension for secure renegotiation',
  },
  {
    name: 'extended-master-secret-is-left-out',
    breaks: ['rfc7590/rfc-9325-3.5-extended-master-secret'],
    summary: 'Does not answer the extension that binds the secret of a session to its handshake',
  },
  {
    name: 'resuming-clients-are-dropped',
    breaks: ['rfc7590/3.3-resumption-as-recommended', 'rfc7590/rfc-7525-3.4-tickets-authenticated'],
    summary: 'Drops clients that bring the TLS session of an earlier connection, instead of beginning anew',
  },
  {
    name: 'server-name-is-needed',
    breaks: ['rfc7590/3.5-sni-not-needed'],
    summary: 'Drops clients that name no server in TLS',
  },
];

export const helloFaultNames: readonly string[] = faults.map(({ name }) => name);

/** What the faults answer to a ClientHello; `drop`: nothing but the end; `undefined`: it is for TLS to read. */
export function faultyAnswer(octets: Buffer, faults: FaultSwitch): Buffer | 'drop' | undefined {
  const offered = readClientHello(octets);
  if (!offered) return undefined;
  if (faults.active('resuming-clients-are-dropped')) return offered.resumes ? 'drop' : undefined;
  if (faults.active('server-name-is-needed')) return offered.extensions.includes(0) ? undefined : 'drop';
  const answer: OfferedHello & { cipher: number } = {
    version: helloVersions['TLSv1.2'],
    ciphers: [],
    cipher: cipherSuites.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    deflate: false,
    extensions: [0xff01, 0x0017],
  };
  return writeServerHello({ ...answer, ...changes(offered, faults) });
}

function changes(offered: OfferedHello, faults: FaultSwitch): Partial<OfferedHello & { cipher: number }> {
  const [first] = offered.ciphers;
  if (first !== undefined && faults.active('first-cipher-suite-is-taken')) return { cipher: first };
  if (faults.active('ssl-3-is-accepted')) return { version: helloVersions.SSLv3, extensions: [] };
  if (faults.active('tls-compresses')) return { deflate: offered.deflate };
  if (faults.active('truncated-hmac-is-agreed')) return { extensions: [0xff01, 0x0004] };
  if (faults.active('renegotiation-info-is-left-out')) return { extensions: [0x0017] };
  if (faults.active('extended-master-secret-is-left-out')) return { extensions: [0xff01] };
  return {};
}
