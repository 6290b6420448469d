import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '../embedded-server.ts';
import { befriend, TestClient } from '../test-client.ts';

let server: EmbeddedServer;

beforeAll(async () => {
  server = await startEmbeddedServer();
});

afterAll(() => server.stop());

const namespace = "xmlns='urn:xmpp:sm:3'";
const enable = `<enable ${namespace} resume='true'/>`;
const idOf = (stanzas: string[]) => / id='([^']+)'/.exec(stanzas.join())?.[1] ?? '';
const resume = (id: string, h: number) => `<resume ${namespace} previd='${id}' h='${h}'/>`;

async function managed(): Promise<{ client: TestClient; id: string }> {
  const client = await TestClient.online(server);
  return { client, id: idOf(await client.say(enable)) };
}

const again = async (client: TestClient) => (await TestClient.connect(server)).login(client.account);

test('stanzas are counted from the moment of enabling', async () => {
  const { client } = await managed();
  const ping = "<iq id='p' type='get'><ping xmlns='urn:xmpp:ping'/></iq>";
  const came = await client.say(`${ping}<r ${namespace}/>${ping}<r ${namespace}/>`);
  expect(came.filter((element) => element.startsWith('<a'))).toEqual([
    `<a ${namespace} h='1'/>`,
    `<a ${namespace} h='2'/>`,
  ]);
  expect(came).toContain(`<r ${namespace}/>`);
});

test('enabling comes after binding, and once', async () => {
  const early = await (await TestClient.connect(server)).login();
  expect((await early.say(enable)).join()).toContain('<unexpected-request');
  const { client } = await managed();
  const came = await client.say(enable);
  expect(came.join()).toContain('<policy-violation');
  expect(client.ended).toBe(true);
});

test('nobody can acknowledge more than was sent', async () => {
  const { client } = await managed();
  const came = (await client.say(`<a ${namespace} h='7'/>`)).join();
  expect(came).toContain('<undefined-condition');
  expect(came).toContain(`<handled-count-too-high ${namespace} h='7' send-count='0'/>`);
});

test('a broken session is resumed with what was not acknowledged, and nobody notices', async () => {
  const { client: juliet, id } = await managed();
  const romeo = await TestClient.online(server);
  await befriend(romeo, juliet);
  await juliet.say(`<r ${namespace}/>`);
  await juliet.cut();
  expect(romeo.take()).toEqual([]);
  await romeo.say(`<message to='${juliet.full}' type='chat'><body>one</body></message>`);
  const back = await again(juliet);
  const came = await back.say(resume(id, 0));
  expect(came[0]).toMatch(new RegExp(`^<resumed ${namespace} previd='${id}' h='\\d+'/>$`));
  expect(came.join()).toContain('<body>one</body>');
  const delivered = came.filter((element) => /^<(iq|message|presence)/.test(element)).length;
  await back.say(`<a ${namespace} h='${delivered}'/>`);
  await back.cut();
  const third = await again(juliet);
  expect(await third.say(resume(id, delivered))).toHaveLength(1);
});

test('a session can be taken over from a connection that looks alive', async () => {
  const { client, id } = await managed();
  const back = await again(client);
  expect((await back.say(resume(id, 0))).join()).toContain('<resumed');
  expect(client.ended).toBe(true);
  expect((await back.say("<iq id='p' type='get'><ping xmlns='urn:xmpp:ping'/></iq>")).join()).toContain(
    client.full,
  );
});

test('a session is not resumed by others, nor after a proper end, nor when it never was', async () => {
  const { client, id } = await managed();
  const thief = await (await TestClient.connect(server)).login();
  expect((await thief.say(resume(id, 0))).join()).toContain('<item-not-found');
  await client.say('</stream:stream>');
  const late = await again(client);
  expect((await late.say(resume(id, 0))).join()).toContain('<item-not-found');
  expect((await late.say(resume('never', 0))).join()).toContain('<item-not-found');
  await late.bind();
  expect(late.full).not.toBe('');
});

test('what was not acknowledged when the session ends goes where it can', async () => {
  const { client: juliet } = await managed();
  const romeo = await TestClient.online(server);
  await romeo.say(`<message to='${juliet.bare}' type='chat'><body>kept</body></message>`);
  await juliet.say('</stream:stream>');
  const later = await again(juliet);
  await later.bind();
  const came = (await later.say('<presence/>')).join();
  expect(came).toContain('<body>kept</body>');
  expect(came).toContain("<delay xmlns='urn:xmpp:delay'");
});

test('clients that acknowledge nothing lose their sessions, even in the middle of a broadcast', async () => {
  const romeo = await TestClient.online(server);
  const juliet = await TestClient.online(server);
  await befriend(romeo, juliet);
  for (const client of [romeo, juliet]) {
    await client.say(enable);
    // As many stanzas as may wait for their acknowledgement; the next one is too much.
    await client.say(`<message to='${client.full}'/>`.repeat(1000));
    expect(client.ended).toBe(false);
  }
  await romeo.say('<presence/>');
  expect(romeo.transcript).toContain('<policy-violation');
  expect(juliet.transcript).toContain('<policy-violation');
});
