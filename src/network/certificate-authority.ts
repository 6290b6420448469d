// biome-ignore assist/source/organizeImports: the metadata reflection must be there before the library.
import './metadata-reflection.ts';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityInfoAccessExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  GeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  AuthorityKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { alternativeNames, type AlternativeName } from './alternative-names.ts';

/** A certificate and its private key, as PEM. */
export interface IssuedCertificate {
  /** The certificate itself; where it was issued by an authority, the authority's follows it. */
  certificate: string;
  /** PKCS #8. */
  privateKey: string;
}

export interface CertificateOptions {
  notBefore?: Date;
  notAfter?: Date;
  /** Signs itself instead of being signed by the authority. */
  selfSigned?: boolean;
  /** What the certificate may be used for; the other one is how to make a certificate of the wrong purpose. */
  purpose?: 'server' | 'client';
  /** Marks it as that of an authority, which no certificate of a server or client may be (RFC 6120 section 13.7.1.1). */
  authority?: boolean;
  /** Whether it says where its status can be asked for (OCSP); a certificate without that is how to leave it out. */
  status?: boolean;
  /** The hash that is signed; SHA-1 is how to make a signature that is too weak. */
  hash?: 'SHA-256' | 'SHA-1';
  /** Instead of one for P-256: a key that is too short. */
  key?: 'RSA 1024';
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 24 * 60 * 60 * 1000;
/** Where the status of a certificate could be asked for, if anybody answered (RFC 6120 section 13.7.1.1). */
const statusAddress = 'http://ocsp.touchstone.invalid/';

/** A certificate authority that lives as long as a run. ECDSA with P-256; nothing is written to disk. */
export class CertificateAuthority {
  /** The authority's own certificate as PEM. */
  readonly certificate: string;
  readonly #root: X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(root: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.certificate = pem(root);
    this.#root = root;
    this.#keys = keys;
  }

  static async create(name = 'Touchstone test authority'): Promise<CertificateAuthority> {
    const keys = await generateKeys();
    const root = await X509CertificateGenerator.createSelfSigned({
      name: [{ CN: [name] }],
      ...validity({}),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new CertificateAuthority(root, keys);
  }

  /** The same authority again, of what `parts` told in another thread. */
  static restore({ certificate, keys }: CertificateAuthority['parts']): CertificateAuthority {
    return new CertificateAuthority(new X509Certificate(certificate), keys);
  }

  /** The same authority again, of what `write` wrote. */
  static async read(text: string): Promise<CertificateAuthority> {
    const [certificate = '', privateKey = '', publicKey = ''] = text.split('.');
    const curve = { name: algorithm.name, namedCurve: algorithm.namedCurve };
    const octets = (base64: string) => Buffer.from(base64, 'base64');
    const keys = {
      privateKey: await webcrypto.subtle.importKey('pkcs8', octets(privateKey), curve, true, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', octets(publicKey), curve, true, ['verify']),
    };
    return new CertificateAuthority(new X509Certificate(octets(certificate)), keys);
  }

  /** Itself, private key and all, as a text without white space: for what outlives the run that made it. */
  async write(): Promise<string> {
    const parts = [
      this.#root.rawData,
      await webcrypto.subtle.exportKey('pkcs8', this.#keys.privateKey),
      await webcrypto.subtle.exportKey('spki', this.#keys.publicKey),
    ];
    return parts.map((part) => Buffer.from(part).toString('base64')).join('.');
  }

  /** What it is made of, in a form that another thread can be told. */
  get parts(): { certificate: string; keys: webcrypto.CryptoKeyPair } {
    return { certificate: this.certificate, keys: this.#keys };
  }

  /**
   * A certificate for a server. Each name stands there as DNS name (or IP address), each XMPP domain also as
   * `id-on-xmppAddr` and as SRVName of `_xmpp-client` (RFC 6120 section 13.7.1.2). The first name is the CN.
   */
  async issueServer(
    names: readonly string[],
    options: CertificateOptions & { xmppDomains?: readonly string[] } = {},
  ): Promise<IssuedCertificate> {
    const alternatives = names.map(
      (name): AlternativeName => ({ kind: isIP(name) ? 'ip' : 'dns', value: name }),
    );
    for (const domain of options.xmppDomains ?? []) {
      alternatives.push({ kind: 'xmpp-address', value: domain });
      alternatives.push({ kind: 'service', value: `_xmpp-client.${domain}` });
    }
    return this.#issue(names[0] ?? '', alternatives, { purpose: 'server', ...options });
  }

  /** A certificate for a client that logs in as that bare JID, or one of them, by SASL EXTERNAL (XEP-0178). */
  async issueClient(
    bareJids: string | readonly string[],
    options: CertificateOptions = {},
  ): Promise<IssuedCertificate> {
    const addresses = [bareJids].flat();
    const names = addresses.map((value): AlternativeName => ({ kind: 'xmpp-address', value }));
    return this.#issue(addresses[0] ?? 'nobody', names, { purpose: 'client', ...options });
  }

  async #issue(
    commonName: string,
    alternatives: readonly AlternativeName[],
    options: CertificateOptions,
  ): Promise<IssuedCertificate> {
    const keys = await (options.key === 'RSA 1024' ? generateShortKeys() : generateKeys());
    const signer = options.selfSigned ? keys : this.#keys;
    const subject = [{ CN: [commonName] }];
    const purpose = options.purpose === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth;
    const usage = KeyUsageFlags.digitalSignature | (options.authority ? KeyUsageFlags.keyCertSign : 0);
    const certificate = await X509CertificateGenerator.create({
      subject,
      issuer: options.selfSigned ? subject : this.#root.subject,
      ...validity(options),
      publicKey: keys.publicKey,
      signingKey: signer.privateKey,
      signingAlgorithm: { ...algorithm, hash: options.hash ?? algorithm.hash },
      extensions: [
        new BasicConstraintsExtension(options.authority === true, undefined, true),
        new KeyUsagesExtension(usage, true),
        new ExtendedKeyUsageExtension([purpose]),
        ...(alternatives.length > 0
          ? [new Extension('2.5.29.17', false, alternativeNames(alternatives))]
          : []),
        ...(options.status === false
          ? []
          : [new AuthorityInfoAccessExtension({ ocsp: new GeneralName('url', statusAddress) })]),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
        await AuthorityKeyIdentifierExtension.create(signer.publicKey),
      ],
    });
    const chain = options.selfSigned ? [certificate] : [certificate, this.#root];
    const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return {
      certificate: chain.map(pem).join(''),
      privateKey: `${PemConverter.encode(privateKey, 'PRIVATE KEY')}\n`,
    };
  }
}

/** The commonest ways in which a server's certificate can be wrong, for `issueServer`. */
export const wrongCertificates = {
  expired: { notBefore: new Date(Date.now() - 30 * day), notAfter: new Date(Date.now() - day) },
  'not yet valid': { notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 30 * day) },
  'self-signed': { selfSigned: true },
  'wrong purpose': { purpose: 'client' },
} as const satisfies Record<string, CertificateOptions>;

/** A certificate as it was, but for the last octet of its signature. */
export function withBrokenSignature({ certificate, privateKey }: IssuedCertificate): IssuedCertificate {
  const [own = '', ...chain] = PemConverter.decode(certificate).map((raw) => Buffer.from(raw));
  const altered = Buffer.from(own);
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  const pems = [altered, ...chain].map(
    (raw) => `${PemConverter.encode(new Uint8Array(raw), 'CERTIFICATE')}\n`,
  );
  return { certificate: pems.join(''), privateKey };
}

async function generateShortKeys(): Promise<webcrypto.CryptoKeyPair> {
  const short = { modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };
  const kind = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', ...short };
  return (await webcrypto.subtle.generateKey(kind, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

/** From an hour ago, for clocks that differ, to a year from now. */
function validity({ notBefore, notAfter }: CertificateOptions): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return {
    notBefore: notBefore ?? new Date(now - day / 24),
    notAfter: notAfter ?? new Date(now + 365 * day),
  };
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
