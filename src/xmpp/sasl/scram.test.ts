import { describe, expect, test } from 'vitest';
import { chooseMechanism, createMechanism, type SaslMechanism, type SaslOptions } from './mechanism.ts';
import {
  checkServerFinal,
  isProof,
  parseClientFinal,
  parseClientFirst,
  type ScramHash,
  scramKeys,
  serverFinal,
  serverFirst,
} from './scram.ts';

/** The examples of RFC 5802 section 5 and RFC 7677 section 3. */
const examples = [
  {
    name: 'SCRAM-SHA-1',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    first: 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
    challenge: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    final: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    signature: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    name: 'SCRAM-SHA-256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    first: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    challenge: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    final:
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    signature: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
];

const user = { username: 'user', password: 'pencil' };

test.each(examples)('$name is spoken as in its RFC', async ({
  name,
  nonce,
  first,
  challenge,
  final,
  signature,
}) => {
  const mechanism = createMechanism(name, { ...user, overrides: { nonce } });
  expect(mechanism.initialResponse()?.toString()).toBe(first);
  expect((await mechanism.respond(Buffer.from(challenge))).toString()).toBe(final);
  expect(() => mechanism.complete(Buffer.from(signature))).not.toThrow();
  expect(() => mechanism.complete(Buffer.from('v=AAAA'))).toThrow('signature');
  expect(() => mechanism.complete(undefined)).not.toThrow();
});

/** Plays the server's half; tells whether the proof was right, and what the server would say at the end. */
async function play(
  hash: ScramHash,
  mechanism: SaslMechanism,
  password = 'pencil',
  binding = Buffer.alloc(0),
) {
  const first = parseClientFirst((mechanism.initialResponse() ?? Buffer.alloc(0)).toString());
  const salt = Buffer.from('salt of the earth');
  const keys = await scramKeys(hash, password, salt, 4096);
  const challenge = serverFirst({ nonce: `${first.nonce}srv`, salt, iterations: 4096 });
  const final = parseClientFinal((await mechanism.respond(Buffer.from(challenge))).toString());
  const authMessage = `${first.bare},${challenge},${final.withoutProof}`;
  const input = Buffer.concat([Buffer.from(first.gs2Header), binding]);
  return {
    first,
    final,
    bound: final.channelBindingInput.equals(input),
    proven: isProof(hash, keys.storedKey, authMessage, final.proof),
    signature: Buffer.from(serverFinal(hash, keys.serverKey, authMessage)),
  };
}

describe.each<ScramHash>(['SHA-1', 'SHA-256', 'SHA-512'])('SCRAM-%s', (hash) => {
  test('convinces both sides', async () => {
    const mechanism = createMechanism(`SCRAM-${hash}`, {
      username: 'a,b=c',
      password: 'pencil',
      authzid: 'x@y',
    });
    const server = await play(hash, mechanism);
    expect(server).toMatchObject({ proven: true, bound: true, first: { username: 'a,b=c', authzid: 'x@y' } });
    expect(await mechanism.respond(server.signature)).toEqual(Buffer.alloc(0));
    mechanism.complete(undefined);
  });

  test('binds to the channel with -PLUS', async () => {
    const channelBinding = { type: 'tls-exporter', data: Buffer.from([0, 255, 7]) };
    const options = { ...user, channelBinding };
    const server = await play(
      hash,
      createMechanism(`SCRAM-${hash}-PLUS`, options),
      'pencil',
      channelBinding.data,
    );
    expect(server).toMatchObject({
      proven: true,
      bound: true,
      first: { channelBinding: { type: 'tls-exporter' } },
    });
  });
});

test.each<[string, SaslOptions['overrides'], { proven: boolean; bound: boolean }]>([
  ['another proof', { proof: 'AAAA' }, { proven: false, bound: true }],
  ['another channel-binding input', { channelBindingInput: 'eSws' }, { proven: true, bound: false }],
  ['another GS2 header', { gs2Header: 'y,,' }, { proven: true, bound: true }],
  ['extensions', { firstExtensions: 'x=1', finalExtensions: 'y=2,z=3' }, { proven: true, bound: true }],
])('%s can be sent', async (_name, overrides, expected) => {
  expect(await play('SHA-256', createMechanism('SCRAM-SHA-256', { ...user, overrides }))).toMatchObject(
    expected,
  );
});

test.each<[string, SaslOptions['overrides'], RegExp]>([
  ['channel binding', { channelBindingInput: null }, /^r=mine1,p=[A-Za-z0-9+/]{27}=$/],
  ['nonce', { finalNonce: null }, /^c=biws,p=[A-Za-z0-9+/]{27}=$/],
])('the %s can be left out of the client-final-message', async (_name, overrides, expected) => {
  const mechanism = createMechanism('SCRAM-SHA-1', { ...user, overrides: { nonce: 'mine', ...overrides } });
  mechanism.initialResponse();
  const final = await mechanism.respond(Buffer.from('r=mine1,s=AAAA,i=4096'));
  expect(final.toString()).toMatch(expected);
});

test('a wrong password is not proven, and the signature of a server that does not know it is refused', async () => {
  const mechanism = createMechanism('SCRAM-SHA-256', user);
  const server = await play('SHA-256', mechanism, 'pen');
  expect(server.proven).toBe(false);
  expect(() => mechanism.complete(server.signature)).toThrow('does not know the password');
});

test.each([
  ['another nonce', 'r=other,s=AAAA,i=4096', "does not begin with the client's"],
  ['no nonce of its own', 'r=mine,s=AAAA,i=4096', 'adds nothing'],
  ['endless work', 'r=mine1,s=AAAA,i=4000000000', 'at most 1000000'],
  ['no work', 'r=mine1,s=AAAA,i=0', 'not one'],
  ['a mandatory extension', 'm=x,r=mine1,s=AAAA,i=4096', 'mandatory'],
  ['no base64', 'r=mine1,s=A=A=,i=4096', 'not base64'],
  ['nonsense', '\0\uFFFD', 'not one'],
])('a server-first-message with %s is refused', async (_name, challenge, message) => {
  const mechanism = createMechanism('SCRAM-SHA-1', { ...user, overrides: { nonce: 'mine' } });
  mechanism.initialResponse();
  await expect(mechanism.respond(Buffer.from(challenge))).rejects.toThrow(message);
});

test('success without a signature is refused', () => {
  const mechanism = createMechanism('SCRAM-SHA-1', user);
  mechanism.initialResponse();
  expect(() => mechanism.complete(undefined)).toThrow('without its signature');
});

test('the reason of a server that refuses is told', () => {
  expect(() => checkServerFinal('e=invalid-proof', 'SHA-1', Buffer.alloc(20), '')).toThrow(
    expect.objectContaining({ serverError: 'invalid-proof' }),
  );
});

test.each([
  ['no GS2 header', 'n=user,r=x', 'invalid-encoding'],
  ['a mandatory extension', 'n,,m=1,n=user,r=x', 'extensions-not-supported'],
  ['an unescaped name', 'n,,n=us=er,r=x', 'invalid-username-encoding'],
  ['no nonce', 'n,,n=user', 'invalid-encoding'],
])('a client-first-message with %s is refused', (_name, text, serverError) => {
  expect(() => parseClientFirst(text)).toThrow(expect.objectContaining({ serverError }));
});

test.each([
  ['PLAIN', {}, '\0user\0pencil'],
  ['PLAIN', { authzid: 'me@here' }, 'me@here\0user\0pencil'],
  ['PLAIN', { overrides: { initialResponse: 'nonsense' } }, 'nonsense'],
  ['EXTERNAL', { authzid: 'me@here' }, 'me@here'],
  ['EXTERNAL', {}, ''],
  ['ANONYMOUS', {}, ''],
])('%s says %j so', async (name, options, expected) => {
  const mechanism = createMechanism(name, { ...user, ...options });
  expect(mechanism.initialResponse()?.toString()).toBe(expected);
  await expect(mechanism.respond(Buffer.alloc(0))).rejects.toThrow('has none');
});

test('without an initial response, the server is answered when it asks', async () => {
  const mechanism = createMechanism('PLAIN', { ...user, overrides: { initialResponse: null } });
  expect(mechanism.initialResponse()).toBeUndefined();
  expect((await mechanism.respond(Buffer.alloc(0))).toString()).toBe('\0user\0pencil');
});

test('the strongest mechanism is chosen', () => {
  const offered = ['PLAIN', 'EXTERNAL', 'SCRAM-SHA-1', 'SCRAM-SHA-1-PLUS', 'DIGEST-MD5'];
  expect(chooseMechanism(offered, { bind: true })).toBe('SCRAM-SHA-1-PLUS');
  expect(chooseMechanism(offered, { bind: false })).toBe('SCRAM-SHA-1');
  expect(chooseMechanism(['EXTERNAL'], { bind: true })).toBeUndefined();
  expect(() => createMechanism('DIGEST-MD5', user)).toThrow('not known');
  expect(() => createMechanism('SCRAM-SHA-1-PLUS', user)).toThrow('needs a channel binding');
});
