import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '../embedded-server.ts';
import { befriend, TestClient } from '../test-client.ts';

let server: EmbeddedServer;

beforeAll(async () => {
  server = await startEmbeddedServer();
});

afterAll(() => server.stop());

async function friends(): Promise<[TestClient, TestClient]> {
  const pair: [TestClient, TestClient] = [await TestClient.online(server), await TestClient.online(server)];
  await befriend(...pair);
  return pair;
}

test('presence goes to subscribers and to the own resources, the sender among them', async () => {
  const [romeo, juliet] = await friends();
  const stranger = await TestClient.online(server);
  const balcony = await TestClient.online(server, { account: juliet.account as never });
  juliet.take();
  romeo.take();
  const own = await juliet.say('<presence id="p1"><show>away</show></presence>');
  const sent = (to: string) =>
    `<presence id='p1' from='${juliet.full}' to='${to}'><show>away</show></presence>`;
  expect(own).toEqual([sent(juliet.bare)]);
  expect(balcony.take()).toEqual([sent(juliet.bare)]);
  expect(romeo.take()).toEqual([sent(romeo.bare)]);
  expect(stranger.take()).toEqual([]);
});

test('a new resource sees who is there', async () => {
  const [romeo, juliet] = await friends();
  await juliet.say('<presence><status>here</status></presence>');
  const again = await (await TestClient.connect(server)).login(romeo.account);
  await again.bind();
  const came = (await again.say('<presence/>')).join('\n');
  expect(came).toContain(
    `<presence from='${juliet.full}' to='${romeo.bare}'><status>here</status></presence>`,
  );
  expect(came).toContain(`<presence from='${romeo.full}' to='${romeo.bare}'/>`);
});

test.each([
  'says goodbye',
  'closes the stream',
  'vanishes',
])('a resource that %s is unavailable', async (way) => {
  const [romeo, juliet] = await friends();
  if (way === 'says goodbye')
    await juliet.say("<presence type='unavailable'><status>bye</status></presence>");
  else if (way === 'closes the stream') await juliet.say('</stream:stream>');
  else await juliet.cut();
  const [unavailable, ...more] = romeo.take();
  expect(unavailable).toContain("type='unavailable'");
  expect(unavailable).toContain(`from='${juliet.full}'`);
  if (way === 'says goodbye') expect(unavailable).toContain('<status>bye</status>');
  expect(more).toEqual([]);
});

test('directed presence reaches whom it is for, and only the end follows it', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  await romeo.say(`<presence to='${juliet.bare}'><show>chat</show></presence>`);
  expect(juliet.take().join()).toContain('<show>chat</show>');
  await romeo.say('<presence><show>dnd</show></presence>');
  expect(juliet.take()).toEqual([]);
  await romeo.say("<presence type='unavailable'/>");
  expect(juliet.take()).toEqual([`<presence type='unavailable' from='${romeo.full}' to='${juliet.bare}'/>`]);
});

test('directed unavailable presence is the end', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  await romeo.say(`<presence to='${juliet.bare}'/><presence to='${juliet.bare}' type='unavailable'/>`);
  expect(juliet.take()).toHaveLength(2);
  await romeo.cut();
  expect(juliet.take()).toEqual([]);
});

test('probes: of friends, of strangers, of the absent, of one resource', async () => {
  const [romeo, juliet] = await friends();
  const probe = (to: string, client = romeo) => client.say(`<presence type='probe' id='probe' to='${to}'/>`);
  await juliet.say("<presence id='own'><show>xa</show></presence>");
  expect(await probe(juliet.bare)).toEqual([
    `<presence id='own' from='${juliet.full}' to='${romeo.full}'><show>xa</show></presence>`,
  ]);
  expect(await probe(juliet.full)).toEqual([`<presence to='${romeo.full}' from='${juliet.full}'/>`]);
  const stranger = await TestClient.online(server);
  const refused = `to='${stranger.full}' id='probe' type='unsubscribed' from='${juliet.bare}'/>`;
  expect(await probe(juliet.bare, stranger)).toEqual([`<presence ${refused}`]);
  await juliet.say(`<presence to='${stranger.full}'/>`);
  stranger.take();
  expect(await probe(juliet.full, stranger)).toEqual([
    `<presence to='${stranger.full}' id='probe' from='${juliet.full}'/>`,
  ]);
  await juliet.say("<presence type='unavailable'/>");
  const [absent] = await probe(juliet.bare);
  expect(absent).toContain(`id='probe' type='unavailable' from='${juliet.bare}'`);
  expect(absent).toContain("<delay xmlns='urn:xmpp:delay'");
});

test.each([
  '<priority>128</priority>',
  '<priority>high</priority>',
  '<priority>1</priority><priority>1</priority>',
])('presence with %s is a bad request', async (inside) => {
  const client = await TestClient.online(server);
  expect((await client.say(`<presence>${inside}</presence>`)).join()).toContain('<bad-request');
});

test('presence of an unknown type is a bad request', async () => {
  const client = await TestClient.online(server);
  expect((await client.say("<presence type='sleepy'/>")).join()).toContain('<bad-request');
});
