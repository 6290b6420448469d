import { afterEach, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from './embedded-server.ts';
import { befriend, TestClient } from './test-client.ts';

const servers: EmbeddedServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

interface Scene {
  server: EmbeddedServer;
  romeo: TestClient;
  juliet: TestClient;
}

type Play = (scene: Scene) => Promise<string>;

async function outcome(play: Play, fault?: string): Promise<string> {
  const server = await startEmbeddedServer({ faults: fault === undefined ? [] : [fault] });
  servers.push(server);
  const romeo = await TestClient.online(server);
  const juliet = await TestClient.online(server, { resource: 'balcony' });
  server.arm();
  const seen = await play({ server, romeo, juliet });
  // What differs from server to server proves nothing.
  return seen
    .replaceAll(romeo.bare, 'romeo')
    .replaceAll(juliet.bare, 'juliet')
    .replace(/(stamp|id|previd)='[^']*'/g, '');
}

const plain = (account: { username: string }, password: string) =>
  `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${Buffer.from(`\0${account.username}\0${password}`).toString('base64')}</auth>`;
const enable = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";
const bound = async (server: EmbeddedServer, client?: TestClient) =>
  (await (await TestClient.connect(server)).login(client?.account)).bind();

const plays: Record<string, Play> = {
  'plain-accepts-any-password': async ({ server }) => {
    const client = await TestClient.connect(server);
    await client.open();
    return (await client.say(plain(server.newAccount(), 'wrong'))).join();
  },
  'restart-loses-accounts': async ({ server, romeo }) => {
    await server.restart();
    const client = await TestClient.connect(server);
    await client.open();
    return (await client.say(plain(romeo.account ?? { username: '' }, romeo.account?.password ?? ''))).join();
  },
  'withdrawn-request-is-kept': async ({ server, romeo }) => {
    const later = await bound(server);
    await romeo.say(
      `<presence to='${later.bare}' type='subscribe'/><presence to='${later.bare}' type='unsubscribe'/>`,
    );
    return String((await later.say('<presence/>')).length);
  },
  'subscription-request-kept-after-answer': async ({ romeo, juliet }) => {
    await romeo.say(`<presence to='${juliet.bare}' type='subscribe'/>`);
    await juliet.say(`<presence to='${romeo.bare}' type='unsubscribed'/><presence type='unavailable'/>`);
    return (await juliet.say('<presence/>')).join();
  },
  'subscription-request-not-kept': async ({ server, romeo }) => {
    const later = await bound(server);
    await romeo.say(`<presence to='${later.bare}' type='subscribe'/>`);
    return String((await later.say('<presence/>')).length);
  },
  'closed-session-can-be-resumed': async ({ server, juliet }) => {
    const id = / id='([^']+)'/.exec((await juliet.say(enable)).join())?.[1];
    await juliet.say('</stream:stream>');
    const back = await (await TestClient.connect(server)).login(juliet.account);
    return (await back.say(`<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='0'/>`)).join();
  },
  'offline-messages-to-negative-priority': async ({ server, romeo }) => {
    const later = await bound(server);
    await romeo.say(`<message to='${later.bare}'/>`);
    return String((await later.say('<presence><priority>-1</priority></presence>')).length);
  },
  'message-to-bare-address-is-refused': async ({ romeo, juliet }) => {
    await romeo.say(`<message to='${juliet.bare}' type='chat'/>`);
    return String(juliet.take().length);
  },
  'unsubscribe-keeps-subscription': async ({ romeo, juliet }) => {
    await befriend(romeo, juliet);
    await romeo.say(`<presence to='${juliet.bare}' type='unsubscribe'/>`);
    return (await romeo.say("<iq id='r' type='get'><query xmlns='jabber:iq:roster'/></iq>")).join();
  },
  'directed-presence-answers-no-probe': async ({ romeo, juliet }) => {
    await juliet.say(`<presence to='${romeo.full}'/>`);
    romeo.take();
    return (await romeo.say(`<presence to='${juliet.full}' type='probe'/>`)).join().replace(romeo.full, 'me');
  },
  'iq-reaches-strangers': async ({ romeo, juliet }) => {
    await romeo.say(`<iq id='1' type='get' to='${juliet.full}'><query xmlns='jabber:iq:version'/></iq>`);
    return String(juliet.take().length);
  },
  'message-to-unavailable-resource-is-dropped': async ({ server, romeo }) => {
    const quiet = await bound(server);
    await romeo.say(`<message to='${quiet.full}'/>`);
    return String(quiet.take().length);
  },
  'stream-error-leaves-stream-open': async ({ romeo }) => {
    await romeo.say('<unknown/>');
    return String(romeo.ended);
  },
  'cancellation-without-unavailable': async ({ romeo, juliet }) => {
    await befriend(romeo, juliet);
    await juliet.say(`<presence to='${romeo.bare}' type='unsubscribed'/>`);
    return String(romeo.take().length);
  },
  'roster-push-to-uninterested': async ({ server, romeo }) => {
    const uninterested = await bound(server, romeo);
    await romeo.say("<iq id='s' type='set'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>");
    return String(uninterested.take().length);
  },
};

test.each(Object.entries(plays))('%s shows', async (fault, play) => {
  expect(await outcome(play, fault)).not.toBe(await outcome(play));
});

test.each([
  'certificate-has-expired',
  'certificate-names-another-domain',
  'certificate-is-self-signed',
])('%s fails the handshake of a client that looks', async (fault) => {
  const server = await startEmbeddedServer({ faults: [fault] });
  servers.push(server);
  await expect(TestClient.connect(server, 'xmpp-tls')).resolves.toBeDefined();
  server.arm();
  await expect(TestClient.connect(server, 'xmpp-tls')).rejects.toThrow(/certificate|altnames/i);
});

test.each<[fault: string, version: 'TLSv1.1' | 'TLSv1.3']>([
  ['tls-1.1-is-accepted', 'TLSv1.1'],
  ['tls-1.3-is-not-offered', 'TLSv1.3'],
])('%s changes what is agreed on', async (fault, version) => {
  const server = await startEmbeddedServer({ faults: [fault] });
  servers.push(server);
  const options = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
  const agreed = async () =>
    TestClient.connect(server, 'xmpp-tls', options).then(
      ({ tls }) => tls.getProtocol(),
      () => 'refused',
    );
  const before = await agreed();
  server.arm();
  expect(await agreed()).not.toBe(before);
});
