import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wrongCertificates } from '../../network/certificate-authority.ts';
import { type EmbeddedAccount, type EmbeddedServer, startEmbeddedServer } from '../embedded-server.ts';
import { TestClient } from '../test-client.ts';
import { endPointHash } from './encryption.ts';

let server: EmbeddedServer;

beforeAll(async () => {
  server = await startEmbeddedServer();
});

afterAll(() => server.stop());

const namespace = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const encode = (text: string | Buffer) => Buffer.from(text).toString('base64');
const auth = (mechanism: string, data?: string) =>
  `<auth ${namespace} mechanism='${mechanism}'>${data === undefined ? '' : encode(data)}</auth>`;
const failure = (condition: string) => `<failure ${namespace}><${condition}/></failure>`;
const success = `<success ${namespace}/>`;

async function open(attributes?: string): Promise<TestClient> {
  const client = await TestClient.connect(server);
  await client.open(attributes);
  return client;
}

/** The client's side of SCRAM, by RFC 5802; `change` spoils the messages. */
async function scram(
  client: TestClient,
  account: EmbeddedAccount,
  hash: 'SHA-1' | 'SHA-256' | 'SHA-512',
  options: { header?: string; binding?: Buffer; plus?: boolean; nonce?: string; password?: string } = {},
): Promise<{ answer: string; verified: boolean }> {
  const { header = 'n,,', binding = Buffer.alloc(0), plus = false } = options;
  const digest = hash.replace('-', '').toLowerCase();
  const bare = `n=${account.username},r=fyko+d2lbbFgONRv9qkxdawL`;
  const [challenge = ''] = await client.say(auth(`SCRAM-${hash}${plus ? '-PLUS' : ''}`, header + bare));
  const serverFirst = Buffer.from(/>([^<]*)</.exec(challenge)?.[1] ?? '', 'base64').toString();
  const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? [];
  if (!nonce) return { answer: challenge, verified: false };
  expect(Number(iterations)).toBeGreaterThanOrEqual(4096);
  const length = createHash(digest).digest().length;
  const password = options.password ?? account.password;
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), length, digest);
  const hmac = (key: Buffer, text: string) => createHmac(digest, key).update(text).digest();
  const clientKey = hmac(salted, 'Client Key');
  const withoutProof = `c=${encode(Buffer.concat([Buffer.from(header), binding]))},r=${options.nonce ?? nonce}`;
  const signed = `${bare},${serverFirst},${withoutProof}`;
  const signature = hmac(createHash(digest).update(clientKey).digest(), signed);
  const proof = encode(Buffer.from(clientKey.map((octet, index) => octet ^ (signature[index] ?? 0))));
  const [answer = ''] = await client.say(
    `<response ${namespace}>${encode(`${withoutProof},p=${proof}`)}</response>`,
  );
  const expected = `v=${encode(hmac(hmac(salted, 'Server Key'), signed))}`;
  return { answer, verified: answer === `<success ${namespace}>${encode(expected)}</success>` };
}

test.each(['SHA-1', 'SHA-256', 'SHA-512'] as const)('SCRAM-%s proves both sides', async (hash) => {
  const account = server.newAccount();
  expect((await scram(await open(), account, hash)).verified).toBe(true);
  expect((await scram(await open(), account, hash, { password: 'wrong' })).answer).toBe(
    failure('not-authorized'),
  );
  expect((await scram(await open(), account, hash, { nonce: 'other' })).answer).toBe(
    failure('not-authorized'),
  );
});

test('SCRAM over a WebSocket without TLS', async () => {
  const client = await TestClient.connect(server, 'xmpp-websocket');
  await client.open();
  expect((await scram(client, server.newAccount(), 'SHA-256')).verified).toBe(true);
});

test('SCRAM-PLUS binds the channel, by exporter and by certificate', async () => {
  const account = server.newAccount();
  const bindings: [string, (client: TestClient) => Buffer][] = [
    ['tls-exporter', ({ tls }) => tls.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))],
    ['tls-server-end-point', ({ tls }) => endPointHash(tls.getPeerX509Certificate()?.toString() ?? '')],
  ];
  for (const [type, dataOf] of bindings) {
    const client = await open();
    const options = { plus: true, header: `p=${type},,`, binding: dataOf(client) };
    expect((await scram(client, account, 'SHA-256', options)).verified).toBe(true);
    const wrong = { ...options, binding: Buffer.alloc(32) };
    expect((await scram(await open(), account, 'SHA-256', wrong)).answer).toBe(failure('not-authorized'));
  }
});

test('a client that believes there is no channel binding was lied to', async () => {
  const { answer } = await scram(await open(), server.newAccount(), 'SHA-1', { header: 'y,,' });
  expect(answer).toBe(failure('not-authorized'));
});

test('names that do not exist are not told apart', async () => {
  const { domain } = server;
  const nobody = { username: 'nobody', password: 'x', domain, bare: `nobody@${domain}` };
  expect((await scram(await open(), nobody, 'SHA-1')).answer).toBe(failure('not-authorized'));
  expect(await (await open()).say(auth('PLAIN', '\0nobody\0x'))).toEqual([failure('not-authorized')]);
});

test('PLAIN: right, wrong, malformed, for others, and in two steps', async () => {
  const account = server.newAccount();
  const other = server.newAccount();
  const right = `${account.username}\0${account.password}`;
  const client = await open();
  expect(await client.say(auth('PLAIN', `\0${account.username}\0wrong`))).toEqual([
    failure('not-authorized'),
  ]);
  expect(await client.say(auth('PLAIN', account.username))).toEqual([failure('malformed-request')]);
  expect(await client.say(auth('PLAIN', `${other.bare}\0${right}`))).toEqual([failure('invalid-authzid')]);
  expect(await client.say(auth('PLAIN', ''))).toEqual([`<challenge ${namespace}/>`]);
  expect(
    await client.say(`<response ${namespace}>${encode(`${account.bare}\0${right}`)}</response>`),
  ).toEqual([success]);
});

test('what can be wrong with the elements themselves', async () => {
  const client = await open();
  expect(await client.say(`<auth ${namespace} mechanism='PLAIN'>=</auth>`)).toEqual([
    failure('malformed-request'),
  ]);
  expect(await client.say(`<auth ${namespace} mechanism='PLAIN'>&#xfc;</auth>`)).toEqual([
    failure('incorrect-encoding'),
  ]);
  expect(await client.say(auth('CRAM-MD5'))).toEqual([failure('invalid-mechanism')]);
  expect(await client.say(`<auth ${namespace}/>`)).toEqual([failure('invalid-mechanism')]);
  const [last, error] = await client.say(`<abort ${namespace}/>`);
  expect(last).toBe(failure('aborted'));
  expect(error).toContain('<policy-violation');
});

test('nobody authenticates before TLS', async () => {
  const client = await TestClient.connect(server, 'xmpp');
  await client.open();
  expect(await client.say(auth('PLAIN', '\0a\0b'))).toEqual([failure('encryption-required')]);
});

test('the identity has to be that of the stream header', async () => {
  const account = server.newAccount();
  const client = await open(`from='somebody@${server.domain}'`);
  const came = await client.say(auth('PLAIN', `\0${account.username}\0${account.password}`));
  expect(came.join()).toContain('<invalid-from');
});

test('EXTERNAL is offered to clients with a certificate, for the address in it', async () => {
  const account = server.newAccount();
  const { certificate, privateKey } = await server.authority.issueClient(account.bare);
  const client = await TestClient.connect(server, 'xmpp-tls', { cert: certificate, key: privateKey });
  const [features] = await client.open();
  expect(features).toContain('<mechanism>EXTERNAL</mechanism>');
  expect(await client.say(auth('EXTERNAL', server.newAccount().bare))).toEqual([failure('invalid-authzid')]);
  expect(await client.say(`<auth ${namespace} mechanism='EXTERNAL'>=</auth>`)).toEqual([success]);
});

test('EXTERNAL is not offered without a certificate, or with a wrong one', async () => {
  const account = server.newAccount();
  const wrongs = [
    await server.authority.issueClient(account.bare, { selfSigned: true }),
    await server.authority.issueClient(account.bare, { purpose: 'server' }),
    await server.authority.issueClient(account.bare, wrongCertificates.expired),
  ];
  for (const { certificate, privateKey } of [...wrongs, { certificate: undefined, privateKey: undefined }]) {
    const client = await TestClient.connect(server, 'xmpp-tls', { cert: certificate, key: privateKey });
    expect((await client.open()).join()).not.toContain('EXTERNAL');
  }
});

test('ANONYMOUS gives everybody an account of their own', async () => {
  const names = new Set<string>();
  for (let count = 0; count < 2; count++) {
    const client = await open();
    expect(await client.say(`<auth ${namespace} mechanism='ANONYMOUS'>=</auth>`)).toEqual([success]);
    await client.open();
    await client.bind();
    names.add(client.full.split('/')[0] ?? '');
  }
  expect(names.size).toBe(2);
});
