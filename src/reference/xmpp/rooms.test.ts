import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '../embedded-server.ts';
import { TestClient } from '../test-client.ts';

let server: EmbeddedServer;
let romeo: TestClient;

beforeAll(async () => {
  server = await startEmbeddedServer();
  romeo = await TestClient.online(server);
});

afterAll(() => server.stop());

test('the service for rooms is found, and says what it is', async () => {
  const items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
  const [listed] = await romeo.say(`<iq type='get' to='${server.domain}' id='1'>${items}</iq>`);
  expect(listed).toContain(`jid='${server.rooms}'`);
  const info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
  const [described] = await romeo.say(`<iq type='get' to='${server.rooms}' id='2'>${info}</iq>`);
  expect(described).toContain(`from='${server.rooms}'`);
  expect(described).toContain("category='conference' type='text'");
});

const request = "<query xmlns='urn:example:verona'/>";

test.each([
  ['a request to it', `<iq type='set' to='ROOMS' id='1'>${request}</iq>`, 'service-unavailable'],
  [
    'a request to a resource of it',
    `<iq type='get' to='ROOMS/x' id='1'>${request}</iq>`,
    'service-unavailable',
  ],
  ['a request to a room', `<iq type='get' to='hall@ROOMS' id='1'>${request}</iq>`, 'item-not-found'],
  ['a request without a child', "<iq type='get' to='ROOMS' id='1'/>", 'bad-request'],
  ['a message to a room', "<message type='groupchat' to='hall@ROOMS' id='1'/>", 'item-not-found'],
  ['who enters a room', "<presence to='hall@ROOMS/romeo' id='1'/>", 'not-allowed'],
  ['presence of no known type', "<presence type='perform' to='hall@ROOMS' id='1'/>", 'bad-request'],
])('the service for rooms refuses %s', async (_, stanza, condition) => {
  const answers = await romeo.say(stanza.replace('ROOMS', server.rooms));
  expect(answers).toHaveLength(1);
  expect(answers[0]).toContain("type='error'");
  expect(answers[0]).toContain(/to='([^']*)'/.exec(stanza)?.[1]?.replace('ROOMS', server.rooms));
  expect(answers[0]).toContain(`<${condition} `);
});

test.each([
  ["<message type='error' to='hall@ROOMS'/>", 0],
  ["<iq type='result' to='ROOMS' id='1'/>", 0],
  ["<presence type='unavailable' to='hall@ROOMS/romeo'/>", 0],
  ["<presence type='subscribe' to='hall@ROOMS' id='1'/>", 1],
])('nothing is said that nobody wants to hear: %s', async (stanza, count) => {
  const answers = await romeo.say(stanza.replace('ROOMS', server.rooms));
  expect(answers).toHaveLength(count);
  for (const answer of answers) expect(answer).toContain("type='unsubscribed'");
});
