// The metadata reflection must be there before the library.
import '../../network/metadata-reflection.ts';
import { createHash, webcrypto } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import { expect, test } from 'vitest';
import { tlsServerEndPoint } from './channel-binding.ts';

const rsa = { publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };

/** A certificate (DER) that is signed with these algorithms. */
async function certificateSignedWith(key: object, signature: object): Promise<Buffer> {
  const keys = (await webcrypto.subtle.generateKey({ name: '', ...key }, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    keys,
    signingAlgorithm: { name: '', hash: '', ...signature },
  });
  return Buffer.from(certificate.rawData);
}

/** RFC 5929 section 4.1: the hash function of the signature, unless it is MD5 or SHA-1. */
test.each([
  [
    'ECDSA with SHA-256',
    { name: 'ECDSA', namedCurve: 'P-256' },
    { name: 'ECDSA', hash: 'SHA-256' },
    'sha256',
  ],
  [
    'ECDSA with SHA-384',
    { name: 'ECDSA', namedCurve: 'P-384' },
    { name: 'ECDSA', hash: 'SHA-384' },
    'sha384',
  ],
  [
    'RSA with SHA-512',
    { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512', ...rsa },
    { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
    'sha512',
  ],
  [
    'RSA with SHA-1',
    { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1', ...rsa },
    { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' },
    'sha256',
  ],
  [
    'RSA-PSS with SHA-384',
    { name: 'RSA-PSS', hash: 'SHA-384', ...rsa },
    { name: 'RSA-PSS', hash: 'SHA-384', saltLength: 48 },
    'sha384',
  ],
  [
    'RSA-PSS with SHA-1',
    { name: 'RSA-PSS', hash: 'SHA-1', ...rsa },
    { name: 'RSA-PSS', hash: 'SHA-1', saltLength: 20 },
    'sha256',
  ],
])('a certificate signed by %s is bound to by the right hash function', async (_name, key, signature, hash) => {
  const certificate = await certificateSignedWith(key, signature);
  expect(tlsServerEndPoint(certificate)).toEqual(createHash(hash).update(certificate).digest());
});

test('where the signature has no hash function of its own, there is no binding', async () => {
  const certificate = await certificateSignedWith({ name: 'Ed25519' }, { name: 'Ed25519' });
  expect(() => tlsServerEndPoint(certificate)).toThrow('not defined for this certificate');
});

test.each([[''], ['30'], ['3084'], ['3080'], ['30ffff']])('%j is no certificate', (hex) => {
  expect(() => tlsServerEndPoint(Buffer.from(hex, 'hex'))).toThrow(
    expect.objectContaining({ name: 'ChannelBindingError' }),
  );
});
