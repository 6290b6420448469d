import type { X509Certificate } from 'node:crypto';

/** Signature algorithms by their object identifiers, in hexadecimal (RFC 8017, RFC 5758, RFC 8410). */
const algorithms: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'md5 RSA',
  '2a864886f70d010105': 'sha1 RSA',
  '2a864886f70d01010e': 'sha224 RSA',
  '2a864886f70d01010b': 'sha256 RSA',
  '2a864886f70d01010c': 'sha384 RSA',
  '2a864886f70d01010d': 'sha512 RSA',
  '2a864886f70d01010a': 'pss RSA',
  '2a8648ce3d0401': 'sha1 ECDSA',
  '2a8648ce3d040301': 'sha224 ECDSA',
  '2a8648ce3d040302': 'sha256 ECDSA',
  '2a8648ce3d040303': 'sha384 ECDSA',
  '2a8648ce3d040304': 'sha512 ECDSA',
  '2b6570': 'Ed25519',
  '2b6571': 'Ed448',
};

/** How a certificate (DER) is signed. */
export function signatureOf(certificate: Buffer): string {
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER, ... }, signature }
  const [body] = values(certificate);
  const [, algorithm] = values(body);
  const [identifier] = values(algorithm);
  const name = identifier?.toString('hex') ?? '';
  return algorithms[name] ?? name;
}

/** The contents of the DER values that follow one another. */
function values(octets: Buffer | undefined): Buffer[] {
  const found: Buffer[] = [];
  let rest = octets ?? Buffer.alloc(0);
  while (rest.length >= 2) {
    const first = rest[1] ?? 0;
    const more = first < 0x80 ? 0 : first & 0x7f;
    const length = more === 0 ? first : Number.parseInt(rest.toString('hex', 2, 2 + more), 16);
    found.push(rest.subarray(2 + more, 2 + more + length));
    rest = rest.subarray(2 + more + length);
  }
  return found;
}

/** Sizes of the curves that are in use. */
const curves: Readonly<Record<string, number>> = {
  prime256v1: 256,
  secp384r1: 384,
  secp521r1: 521,
  secp224r1: 224,
  prime192v1: 192,
};

/** What kind of key a certificate is for, and how long it is. */
export function keyOf(certificate: X509Certificate): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const { modulusLength, namedCurve = '' } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ec') return `EC ${curves[namedCurve] ?? namedCurve}`;
  const kind = asymmetricKeyType?.startsWith('rsa') ? 'RSA' : (asymmetricKeyType ?? 'unknown');
  return modulusLength === undefined ? kind : `${kind} ${modulusLength}`;
}
