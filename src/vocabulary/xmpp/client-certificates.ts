import {
  CertificateAuthority,
  type CertificateOptions,
  type IssuedCertificate,
  withBrokenSignature,
  wrongCertificates,
} from '../../network/certificate-authority.ts';

/** What can be wrong with a client's certificate. */
const kinds = [
  'expired',
  'not-yet-valid',
  'self-signed',
  'of-an-unknown-authority',
  'for-servers',
  'of-an-authority',
  'with-a-broken-signature',
  'soon-over',
] as const;

export type CertificateKind = (typeof kinds)[number];

export interface WantedCertificate {
  kind?: CertificateKind;
  /** Instead of the account's own bare JID. */
  addresses?: readonly string[];
}

/** JSON Schema of a client certificate: `true` for one that is right, or what is special about it. */
export const certificateSchema = {
  anyOf: [
    { type: 'boolean' },
    { enum: kinds },
    {
      type: 'object',
      properties: {
        kind: { enum: kinds },
        addresses: {
          type: 'array',
          items: { type: 'string' },
          description: 'XMPP addresses that it names; default: the bare JID of the account',
        },
      },
      additionalProperties: false,
    },
  ],
  description:
    'Shows a TLS client certificate for the account: `true`, or what is wrong with it; `soon-over`: valid for five seconds more',
} as const;

/** What a step or `given` says of a certificate; `undefined` where it says that there is none. */
export function wantedCertificate(text: unknown): WantedCertificate | undefined {
  if (text === undefined || text === false) return undefined;
  if (text === true) return {};
  return typeof text === 'string' ? { kind: text as CertificateKind } : (text as WantedCertificate);
}

const hour = 60 * 60 * 1000;
/** What is left of a certificate that is `soon-over`, in milliseconds: time enough to log in. */
const rest = 5000;

/** Issues it. `authority` is the one that the server trusts. */
export async function issueWanted(
  authority: CertificateAuthority,
  addresses: readonly string[],
  kind: CertificateKind | undefined,
): Promise<IssuedCertificate> {
  // Another authority of the same name: only its key tells it from the one that is trusted.
  const issuer = kind === 'of-an-unknown-authority' ? await CertificateAuthority.create() : authority;
  const issued = await issuer.issueClient(addresses, optionsFor(kind));
  return kind === 'with-a-broken-signature' ? withBrokenSignature(issued) : issued;
}

function optionsFor(kind: CertificateKind | undefined): CertificateOptions {
  switch (kind) {
    case 'expired':
      return wrongCertificates.expired;
    case 'not-yet-valid':
      return wrongCertificates['not yet valid'];
    case 'self-signed':
      return wrongCertificates['self-signed'];
    case 'for-servers':
      return { purpose: 'server' };
    case 'of-an-authority':
      return { authority: true };
    case 'soon-over': {
      const now = Date.now();
      return { notBefore: new Date(now - hour), notAfter: new Date(now + rest) };
    }
    default:
      return {};
  }
}
