import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedAccount, type EmbeddedServer, startEmbeddedServer } from '../embedded-server.ts';
import { befriend, TestClient } from '../test-client.ts';

let server: EmbeddedServer;
let romeo: TestClient;

beforeAll(async () => {
  server = await startEmbeddedServer();
  romeo = await TestClient.online(server);
});

afterAll(() => server.stop());

const types = ['normal', 'chat', 'groupchat', 'headline', 'error'];
const message = (to: string, type: string) =>
  `<message id='${type}' to='${to}' type='${type}'><body>hi</body></message>`;
const priority = (value: number) => `<presence><priority>${value}</priority></presence>`;
const resource = (account: EmbeddedAccount, name: string, value: number) =>
  TestClient.online(server, { account, resource: name, presence: priority(value) });

/** Sends one message of each type and says, for each type, who got what: E is an error for the sender. */
async function deliveries(to: string, clients: Record<string, TestClient>): Promise<string> {
  for (const client of [romeo, ...Object.values(clients)]) client.take();
  const results: string[] = [];
  for (const type of types) {
    const errors = await romeo.say(message(to, type));
    const bounced = errors.some((stanza) => stanza.includes('<service-unavailable')) ? ['E'] : [];
    const reached = Object.entries(clients).flatMap(([name, client]) =>
      client.take().length > 0 ? [name] : [],
    );
    results.push([...bounced, ...reached].join('+') || '-');
  }
  return results.join(' ');
}

test('an account that does not exist', async () => {
  expect(await deliveries(`nobody@${server.domain}`, {})).toBe('- - E - -');
  expect(await deliveries(`nobody@${server.domain}/x`, {})).toBe('E - E E -');
});

test('an account with no active resources keeps messages', async () => {
  const account = server.newAccount();
  expect(await deliveries(account.bare, {})).toBe('- - E - -');
  expect(await deliveries(`${account.bare}/gone`, {})).toBe('E - E E -');
  const client = await (await TestClient.connect(server)).login(account);
  await client.bind();
  const stored = (await client.say('<presence/>')).filter((stanza) => stanza.startsWith('<message'));
  expect(stored.map((stanza) => / id='(\w+)'/.exec(stanza)?.[1])).toEqual(['normal', 'chat', 'chat']);
  for (const stanza of stored) {
    expect(stanza).toMatch(
      /<delay xmlns='urn:xmpp:delay' from='touchstone.example' stamp='\d{4}-\d\d-\d\dT[\d:.]+Z'\/>/,
    );
  }
});

test('an account with nothing but a negative resource', async () => {
  const account = server.newAccount();
  const shy = await resource(account, 'shy', -1);
  expect(await deliveries(account.bare, { shy })).toBe('- - E - -');
  expect(await deliveries(shy.full, { shy })).toBe('shy shy shy shy shy');
  expect((await shy.say(priority(0))).filter((stanza) => stanza.startsWith('<message'))).toHaveLength(2);
});

test('several resources', async () => {
  const account = server.newAccount();
  const high = await resource(account, 'high', 5);
  const low = await resource(account, 'low', 1);
  const shy = await resource(account, 'shy', -1);
  const clients = { high, low, shy };
  expect(await deliveries(account.bare, clients)).toBe('high high E high+low -');
  expect(await deliveries(low.full, clients)).toBe('low low low low low');
  expect(await deliveries(`${account.bare}/gone`, clients)).toBe('E high E E -');
});

test('a connected resource without presence is reached by its full address', async () => {
  const client = await (await TestClient.connect(server)).login();
  await client.bind();
  await romeo.say(message(client.full, 'normal'));
  expect(client.take()).toHaveLength(1);
});

test('messages keep their order, their children, and the address they were sent to', async () => {
  const client = await TestClient.online(server);
  const many = Array.from(
    { length: 50 },
    (_, n) => `<message to='${client.bare}' id='m${n}'><x xmlns='urn:x'/></message>`,
  );
  await romeo.say(many.join(''));
  const came = client.take();
  expect(came.map((stanza) => / id='(\w+)'/.exec(stanza)?.[1])).toEqual(many.map((_, n) => `m${n}`));
  expect(came[0]).toBe(
    `<message to='${client.bare}' id='m0' from='${romeo.full}'><x xmlns='urn:x'/></message>`,
  );
});

test('what the client says about its own address does not count', async () => {
  const client = await TestClient.online(server);
  await romeo.say(`<message to='${client.bare}' from='friar@elsewhere.example'/>`);
  expect(client.take().join()).toContain(`from='${romeo.full}'`);
});

test('a message without an address goes to the sender, one to a strange domain comes back', async () => {
  expect((await romeo.say('<message><body>self</body></message>')).join()).toContain('<body>self</body>');
  expect((await romeo.say("<message to='a@elsewhere.example'/>")).join()).toContain(
    '<remote-server-not-found',
  );
  expect((await romeo.say("<message to='a@b@c'/>")).join()).toContain('<jid-malformed');
  expect((await romeo.say(`<message to='${server.domain}'/>`)).join()).toContain('<service-unavailable');
});

const requests: [what: string, stanza: string, answer: string | undefined][] = [
  ['without id', "<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>", '<bad-request'],
  ['of an unknown type', "<iq id='1' type='ask'><ping xmlns='urn:xmpp:ping'/></iq>", '<bad-request'],
  ['without type', "<iq id='1'><ping xmlns='urn:xmpp:ping'/></iq>", '<bad-request'],
  ['without child', "<iq id='1' type='get'/>", '<bad-request'],
  ['with two children', "<iq id='1' type='get'><a xmlns='a'/><b xmlns='b'/></iq>", '<bad-request'],
  ['that nobody knows', "<iq id='1' type='get'><query xmlns='urn:unknown'/></iq>", '<service-unavailable'],
  ['that is a result', "<iq id='1' type='result'/>", undefined],
  ['that is an error', "<iq id='1' type='error'/>", undefined],
  [
    'to a server elsewhere',
    "<iq id='1' type='get' to='b.example'><ping xmlns='urn:xmpp:ping'/></iq>",
    '<remote-server',
  ],
  [
    'to the server',
    "<iq id='1' type='get' to='touchstone.example'><ping xmlns='urn:xmpp:ping'/></iq>",
    "type='result'",
  ],
  ['to nobody', "<iq id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>", "type='result'"],
];

test.each(requests)('an IQ %s', async (_what, stanza, answer) => {
  const came = await romeo.say(stanza);
  if (answer === undefined) expect(came).toEqual([]);
  else expect(came.join()).toContain(answer);
});

test('IQs between clients need shared presence', async () => {
  const [one, other] = [await TestClient.online(server), await TestClient.online(server)];
  const request = `<iq id='v' type='get' to='${other.full}'><query xmlns='jabber:iq:version'/></iq>`;
  expect((await one.say(request)).join()).toContain('<service-unavailable');
  await befriend(one, other);
  expect(await one.say(request)).toEqual([]);
  expect(other.take().join()).toContain("id='v'");
  await other.say(`<iq id='v' type='result' to='${one.full}'/>`);
  expect(one.take().join()).toContain("type='result'");
});

test('disco shows the server, and accounts only to those who may know', async () => {
  const info = (to: string, more = '') =>
    `<iq id='d' type='get' to='${to}'><query xmlns='http://jabber.org/protocol/disco#info' ${more}/></iq>`;
  const [one, other] = [await TestClient.online(server), await TestClient.online(server)];
  const described = (await one.say(info(server.domain))).join();
  expect(described).toContain("<identity category='server' type='im'");
  expect(described).toContain("<feature var='http://jabber.org/protocol/disco#info'/>");
  expect((await one.say(info(server.domain, "node='x'"))).join()).toContain('<item-not-found');
  expect((await one.say(info(other.bare))).join()).toContain('<service-unavailable');
  await befriend(one, other);
  expect((await one.say(info(other.bare))).join()).toContain("category='account'");
});
