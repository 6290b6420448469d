import type { TlsFacts } from '../tls/tls.ts';

const text = { type: 'string' } as const;

/** JSON Schema of what a step can say of a TLS connection. */
export const tlsFactsSchema = {
  type: 'object',
  properties: {
    version: text,
    cipher: text,
    alpn: { ...text, description: 'The protocol that the server chose; `{-}` for none' },
    resumed: { ...text, description: '`true` where the session of an earlier connection goes on' },
    authorized: { ...text, description: 'The certificate leads to the authority and is for the name' },
    names: { ...text, description: 'Those that the certificate is for: `DNS:example.org`' },
    subject: text,
    issuer: text,
    authority: { ...text, description: '`true` where the certificate is marked as that of an authority' },
    signature: {
      ...text,
      description: 'How the certificate is signed: `sha256 RSA`, `sha384 ECDSA`, `Ed25519`',
    },
    key: { ...text, description: 'The key of the certificate: `RSA 2048`, `EC 256`' },
    status: { ...text, description: 'Where the status of the certificate can be asked for (OCSP)' },
  },
  additionalProperties: false,
  minProperties: 1,
} as const;

export const tlsFactsSummary =
  'Facts about the TLS connection: version, cipher, the protocol chosen by ALPN, the certificate';

/** The fact of that name, as text; undefined where there is none. */
export function tlsFact(tls: TlsFacts, name: string): string | undefined {
  const facts: Record<string, unknown> = { ...tls, ...tls.certificate() };
  return facts[name] === undefined ? undefined : String(facts[name]);
}
