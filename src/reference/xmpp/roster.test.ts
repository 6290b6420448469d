import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '../embedded-server.ts';
import { befriend, TestClient } from '../test-client.ts';

let server: EmbeddedServer;

beforeAll(async () => {
  server = await startEmbeddedServer();
});

afterAll(() => server.stop());

const set = (item: string, to = '') =>
  `<iq id='s' type='set' ${to}><query xmlns='jabber:iq:roster'>${item}</query></iq>`;
const get = (version = '') => `<iq id='g' type='get'><query xmlns='jabber:iq:roster' ${version}/></iq>`;
const nurse = (inside = '') => `<item jid='nurse@elsewhere.example' name='Nurse'>${inside}</item>`;

test('a new account has an empty roster with a version', async () => {
  const client = await TestClient.online(server);
  const [result] = await client.say(get());
  expect(result).toMatch(/type='result'.*<query xmlns='jabber:iq:roster' ver='[^']+'\/><\/iq>$/);
});

test('a set is answered, and pushed to all interested resources alone', async () => {
  const account = server.newAccount();
  const interested = await TestClient.online(server, { account });
  const other = await TestClient.online(server, { account });
  const uninterested = await (await TestClient.connect(server)).login(account);
  await uninterested.bind();
  const [result, push] = (await interested.say(set(nurse('<group>Servants</group>')))).slice(-2);
  expect(result).toContain("type='result'");
  expect(push).toMatch(
    /type='set' id='[^']+' from='[^']+' to='[^']+'><query xmlns='jabber:iq:roster' ver='v2'>/,
  );
  expect(push).toContain(
    "<item jid='nurse@elsewhere.example' name='Nurse' subscription='none'><group>Servants</group></item>",
  );
  expect(other.take().filter((stanza) => stanza.startsWith('<iq'))).toHaveLength(1);
  expect(uninterested.take()).toEqual([]);
  await interested.say(set("<item jid='nurse@elsewhere.example' subscription='both'/>"));
  expect((await interested.say(get())).join()).toContain(
    "<item jid='nurse@elsewhere.example' subscription='none'/>",
  );
  const removed = await interested.say(set("<item jid='nurse@elsewhere.example' subscription='remove'/>"));
  expect(removed[1]).toContain("<item jid='nurse@elsewhere.example' subscription='remove'/>");
  expect((await interested.say(get())).join()).not.toContain('nurse');
});

const mistakes: [condition: string, item: string][] = [
  ['bad-request', ''],
  ['bad-request', `${nurse()}<item jid='a@b'/>`],
  ['bad-request', '<item/>'],
  ['bad-request', nurse('<group>a</group><group>a</group>')],
  ['not-acceptable', nurse('<group/>')],
  ['not-acceptable', nurse(`<group>${'x'.repeat(2000)}</group>`)],
  ['not-acceptable', `<item jid='a@b' name='${'x'.repeat(2000)}'/>`],
  ['jid-malformed', "<item jid='a@b@c'/>"],
  ['item-not-found', "<item jid='unknown@b' subscription='remove'/>"],
];

test.each(mistakes)('%s answers a wrong set: %s', async (condition, item) => {
  const client = await TestClient.online(server);
  const came = await client.say(set(item));
  expect(came).toHaveLength(1);
  expect(came[0]).toContain(`<${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`);
});

test('the roster of others is theirs', async () => {
  const client = await TestClient.online(server);
  const other = server.newAccount();
  expect((await client.say(set(nurse(), `to='${other.bare}'`))).join()).toContain('<forbidden');
});

test('a known version brings an empty result and the changes since', async () => {
  const account = server.newAccount();
  const client = await TestClient.online(server, { account });
  await client.say(set(nurse()) + set("<item jid='tybalt@elsewhere.example'/>"));
  const came = await client.say(get("ver='v2'"));
  expect(came[0]).toMatch(/type='result'[^>]*\/>$/);
  expect(came[1]).toContain("ver='v3'><item jid='tybalt@elsewhere.example'");
  expect(came).toHaveLength(2);
  expect((await client.say(get("ver='v3'"))).length).toBe(1);
  expect((await client.say(get("ver='v99'"))).join()).toContain("ver='v3'><item jid='nurse");
  expect((await client.say(get("ver=''"))).join()).toContain("ver='v3'><item jid='nurse");
});

test('removing a contact ends both subscriptions', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  await befriend(romeo, juliet);
  await romeo.say(set(`<item jid='${juliet.bare}' subscription='remove'/>`));
  const came = juliet.take().join('\n');
  expect(came).toContain(`type='unavailable' from='${romeo.full}'`);
  expect(came).toContain("type='unsubscribe'");
  expect(came).toContain("type='unsubscribed'");
  expect(came).toContain(`<item jid='${romeo.bare}' subscription='none'/>`);
});
