import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '../embedded-server.ts';
import { TestClient } from '../test-client.ts';

let server: EmbeddedServer;

beforeAll(async () => {
  server = await startEmbeddedServer();
});

afterAll(() => server.stop());

const starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

test('a stream in the clear offers TLS and nothing else', async () => {
  const client = await TestClient.connect(server, 'xmpp');
  const [features] = await client.open(`from='romeo@${server.domain}'`);
  expect(features).toContain("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>");
  expect(features).not.toContain('mechanism');
  expect(client.transcript).toMatch(
    /<stream:stream [^>]*from='touchstone.example' id='[^']{16,}' xml:lang='en'/,
  );
  expect(client.transcript).toContain(`to='romeo@${server.domain}' version='1.0'>`);
});

test('STARTTLS leads to a new stream with another id, and forgets what came behind the request', async () => {
  const client = await TestClient.connect(server, 'xmpp');
  await client.open();
  const ids = () => [...client.transcript.matchAll(/ id='([^']+)'/g)].map(([, id]) => id);
  expect(
    await client.say(`${starttls}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>`),
  ).toEqual(["<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"]);
  await client.secure();
  const [features] = await client.open();
  expect(features).toContain('<mechanism>SCRAM-SHA-256-PLUS</mechanism>');
  expect(features).toContain("<channel-binding type='tls-exporter'/>");
  expect(features).not.toContain('starttls');
  expect(new Set(ids()).size).toBe(2);
});

test('STARTTLS on an encrypted stream fails and ends it', async () => {
  const client = await TestClient.connect(server, 'xmpp-tls');
  await client.open();
  expect(await client.say(starttls)).toEqual(["<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", 'END']);
});

test('direct TLS agrees on xmpp-client', async () => {
  const client = await TestClient.connect(server, 'xmpp-tls');
  expect(client.tls.alpnProtocol).toBe('xmpp-client');
  expect(client.tls.authorized).toBe(true);
});

const headers: [condition: string, header: string][] = [
  [
    'host-unknown',
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='elsewhere.example' version='1.0'>",
  ],
  ['invalid-namespace', "<stream:stream xmlns='jabber:client' xmlns:stream='urn:wrong' version='1.0'>"],
  [
    'invalid-namespace',
    "<stream:stream xmlns='urn:wrong' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
  ],
  [
    'bad-namespace-prefix',
    "<foo:stream xmlns='jabber:client' xmlns:foo='http://etherx.jabber.org/streams' version='1.0'>",
  ],
  [
    'unsupported-version',
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
  ],
];

test.each(headers)('a header is refused with %s', async (condition, header) => {
  const client = await TestClient.connect(server, 'xmpp');
  const [error, end] = await client.say(header);
  expect(client.transcript).toMatch(/^<\?xml version='1.0'\?><stream:stream [^>]*from='touchstone.example'/);
  expect(error).toContain(`<${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>`);
  expect(end).toBe('END');
  expect(client.ended).toBe(true);
});

test('a header declares nothing for the content of stanzas', async () => {
  const client = await TestClient.connect(server, 'xmpp');
  expect((await client.open("xmlns:disco='http://jabber.org/protocol/disco#info'")).join()).toContain(
    '<invalid-namespace',
  );
});

test('a failed TLS handshake ends the connection without a word', async () => {
  const client = await TestClient.connect(server, 'xmpp');
  await client.open();
  await client.say(starttls);
  client.transcript = '';
  await client.say('this is no handshake');
  expect(client.transcript).not.toContain('<');
  expect(client.ended).toBe(true);
});

test('a higher version is answered with the own one', async () => {
  const client = await TestClient.connect(server, 'xmpp');
  await client.say(
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='2.13'>",
  );
  expect(client.transcript).toContain("version='1.0'>");
  expect(client.ended).toBe(false);
});

const violations: [condition: string, text: string][] = [
  ['not-well-formed', '<message></iq>'],
  ['restricted-xml', '<message><!-- hidden --></message>'],
  ['restricted-xml', "<message><?php echo 'hi' ?></message>"],
  ['unsupported-stanza-type', '<pubsub/>'],
  ['policy-violation', `<message><body>${'x'.repeat(300_000)}</body></message>`],
  ['bad-format', 'tell me more'],
  ['bad-namespace-prefix', "<c:message xmlns:c='jabber:client' to='a@b'/>"],
  ['unsupported-stanza-type', "<message xmlns='urn:look-alike' to='a@b'/>"],
];

test.each(violations)('a bound client is sent away with %s', async (condition, text) => {
  const client = await TestClient.online(server);
  const came = await client.say(text);
  expect(came.join()).toContain(`<${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>`);
  expect(came.at(-1)).toBe('END');
  expect(client.ended).toBe(true);
});

test('stanzas before authentication, and before binding, end the stream', async () => {
  const early = await TestClient.connect(server, 'xmpp-tls');
  await early.open();
  expect((await early.say("<message to='a@b'/>")).join()).toContain('<not-authorized');
  const unbound = await (await TestClient.connect(server)).login();
  expect((await unbound.say("<message to='a@b'/>")).join()).toContain('<not-authorized');
});

test('a closing tag is answered with one', async () => {
  const client = await TestClient.online(server);
  expect(await client.say('</stream:stream>')).toEqual(['END']);
  expect(client.ended).toBe(true);
});

test('resources: made by the server, prepared, taken over with a conflict', async () => {
  const account = server.newAccount();
  const bound = async (resource?: string) =>
    (await (await TestClient.connect(server)).login(account)).bind(resource);
  const [one, other] = [await bound(), await bound()];
  expect(one.full).not.toBe(other.full);
  const first = await bound('balcony');
  const second = await bound('balcony');
  expect(second.full).toBe(`${account.bare}/balcony`);
  expect(first.inbox.join()).toContain('<conflict');
  expect(first.ended).toBe(true);
  expect(
    (await second.say(`<iq id='b' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`)).join(),
  ).toContain('<not-allowed');
});

test('a resource that is none can be tried again, not without end', async () => {
  const client = await (await TestClient.connect(server)).login();
  const bad = `<iq id='b' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${'x'.repeat(3000)}</resource></bind></iq>`;
  expect(await client.say(bad)).toHaveLength(1);
  const rest = await client.say(bad.repeat(10));
  expect(rest.filter((stanza) => stanza.includes('<bad-request'))).toHaveLength(10);
  expect(rest.join()).toContain('<policy-violation');
});

test('a WebSocket frames each element on its own and says nothing of TLS', async () => {
  const client = await TestClient.connect(server, 'xmpp-websocket');
  const [features] = await client.open("xml:lang='de'");
  expect(client.transcript).toMatch(
    /^<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='touchstone.example' id=/,
  );
  expect(client.transcript).toContain("<stream:features xmlns:stream='http://etherx.jabber.org/streams'>");
  expect(features).toContain('SCRAM-SHA-1<');
  expect(features).not.toMatch(/PLAIN|PLUS|starttls/);
  expect(await client.say("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>")).toEqual(['END']);
  expect(client.ended).toBe(true);
});

test('a WebSocket gets its stream error after the open, and the close', async () => {
  const client = await TestClient.connect(server, 'xmpp-websocket');
  await client.say(
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='elsewhere.example' version='1.0'/>",
  );
  expect(client.transcript).toMatch(/^<open [^>]*\/><stream:error [^>]*><host-unknown .*<close [^>]*\/>$/s);
});

test('the language of the stream is put on what is delivered', async () => {
  const romeo = await (await TestClient.connect(server)).login(undefined, "xml:lang='de'");
  await romeo.bind();
  const came = await romeo.say(`<presence/><message to='${romeo.full}'><body>hallo</body></message>`);
  const message = came.find((stanza) => stanza.startsWith('<message'));
  expect(message).toContain("xml:lang='de'");
});

test('registration makes an account, once', async () => {
  const client = await TestClient.connect(server, 'xmpp-tls');
  await client.open();
  const set =
    "<iq id='r' type='set'><query xmlns='jabber:iq:register'><username>nurse</username><password>p</password></query></iq>";
  expect((await client.say(set)).join()).toContain("type='result'");
  expect((await client.say(set)).join()).toContain('<conflict');
  const account = { username: 'nurse', password: 'p', domain: server.domain, bare: `nurse@${server.domain}` };
  const nurse = await (await (await TestClient.connect(server)).login(account)).bind();
  const removed = await nurse.say(
    "<iq id='x' type='set'><query xmlns='jabber:iq:register'><remove/></query></iq>",
  );
  expect(removed[0]).toContain("type='result'");
  expect(removed.join()).toContain('<not-authorized');
});
