import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '../embedded-server.ts';
import { befriend, TestClient } from '../test-client.ts';
import { inbound, outbound, subscriptionStates, subscriptionTypes } from './subscription-states.ts';

let server: EmbeddedServer;

beforeAll(async () => {
  server = await startEmbeddedServer();
});

afterAll(() => server.stop());

const presence = (to: string, type: string, inside = '') =>
  `<presence to='${to}' type='${type}'>${inside}</presence>`;
const short = (stanzas: string[]) =>
  stanzas.map((stanza) => {
    const [, name = ''] = /^<(\w+)/.exec(stanza) ?? [];
    const [, type = ''] = / type='(\w+)'/.exec(stanza) ?? [];
    const [, item = ''] = /<item jid='[^']+'([^>]*?)\/?>/.exec(stanza) ?? [];
    return `${name} ${type}${item}`;
  });

test('the two sides of a stanza never disagree', () => {
  for (const type of subscriptionTypes) {
    for (const state of subscriptionStates) {
      expect(subscriptionStates).toContain(outbound[type][state].next);
      expect(subscriptionStates).toContain(inbound[type][state].next);
      // What is not delivered changes nothing (appendix A.3).
      if (!inbound[type][state].passes) expect(inbound[type][state].next).toBe(state);
    }
  }
});

test('a subscription is asked for, granted, and shows presence', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  expect(short(await romeo.say(presence(juliet.bare, 'subscribe', '<status>me</status>')))).toEqual([
    "iq set subscription='none' ask='subscribe'",
  ]);
  const [request] = juliet.take();
  expect(request).toContain(`from='${romeo.bare}'`);
  expect(request).toContain('<status>me</status>');
  expect(short(await juliet.say(presence(romeo.bare, 'subscribed')))).toEqual(["iq set subscription='from'"]);
  const came = romeo.take();
  expect(short(came)).toEqual(['presence subscribed', "iq set subscription='to'", 'presence ']);
  expect(came[0]).toContain(`from='${juliet.bare}'`);
  expect(came[2]).toContain(`from='${juliet.full}'`);
});

test('a request waits for the contact, once, until it is answered', async () => {
  const romeo = await TestClient.online(server);
  const account = server.newAccount();
  await romeo.say(presence(account.bare, 'subscribe', '<status>one</status>').repeat(2));
  const juliet = await (await TestClient.connect(server)).login(account);
  await juliet.bind();
  const requests = (stanzas: string[]) => stanzas.filter((stanza) => stanza.includes("type='subscribe'"));
  expect(requests(await juliet.say('<presence/>'))).toHaveLength(1);
  expect(requests(await juliet.say("<presence type='unavailable'/><presence/>"))).toHaveLength(1);
  const roster = await juliet.say("<iq id='g' type='get'><query xmlns='jabber:iq:roster'/></iq>");
  expect(roster.join()).not.toContain('<item');
  await juliet.say(presence(romeo.bare, 'unsubscribed'));
  expect(short(romeo.take())).toContain('presence unsubscribed');
  expect(requests(await juliet.say("<presence type='unavailable'/><presence/>"))).toEqual([]);
});

test('a request for a full address is one for the account', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  await romeo.say(presence(juliet.full, 'subscribe'));
  expect(juliet.take().join()).toContain(`to='${juliet.bare}'`);
});

test('a cancelled subscription shows the contact unavailable', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  await befriend(romeo, juliet);
  expect(short(await juliet.say(presence(romeo.bare, 'unsubscribed')))).toEqual(["iq set subscription='to'"]);
  expect(short(romeo.take())).toEqual([
    'presence unavailable',
    'presence unsubscribed',
    "iq set subscription='from'",
  ]);
});

test('who unsubscribes is shown the contact unavailable', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  await befriend(romeo, juliet);
  expect(short(await romeo.say(presence(juliet.bare, 'unsubscribe')))).toEqual([
    'presence unavailable',
    "iq set subscription='from'",
  ]);
  expect(short(juliet.take())).toEqual(['presence unsubscribe', "iq set subscription='to'"]);
});

test('a pre-approval is kept, not routed, and grants the request to come', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  expect(short(await juliet.say(presence(romeo.bare, 'subscribed')))).toEqual([
    "iq set subscription='none' approved='true'",
  ]);
  expect(romeo.take()).toEqual([]);
  const came = await romeo.say(presence(juliet.bare, 'subscribe'));
  expect(short(came)).toEqual([
    "iq set subscription='none' ask='subscribe'",
    'presence subscribed',
    "iq set subscription='to'",
    'presence ',
  ]);
  expect(short(juliet.take())).toEqual(["iq set subscription='from' approved='true'"]);
});

test('a pre-approval can be taken back', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  await juliet.say(presence(romeo.bare, 'subscribed'));
  expect(short(await juliet.say(presence(romeo.bare, 'unsubscribed')))).toEqual([
    "iq set subscription='none'",
  ]);
  await romeo.say(presence(juliet.bare, 'subscribe'));
  expect(short(juliet.take())).toEqual(['presence subscribe']);
});

test('who is subscribed already is answered at once', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  await befriend(romeo, juliet);
  await romeo.say(presence(juliet.bare, 'subscribe'));
  expect(juliet.take()).toEqual([]);
});

test('an approval that nobody asked for reaches nobody', async () => {
  const [romeo, juliet] = [await TestClient.online(server), await TestClient.online(server)];
  await juliet.say(presence(romeo.bare, 'subscribed'));
  await juliet.say(presence(romeo.bare, 'unsubscribed'));
  expect(romeo.take()).toEqual([]);
});
