import { afterEach, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from './embedded-server.ts';
import { befriend, TestClient } from './test-client.ts';

let server: EmbeddedServer;

afterEach(() => server.stop());

/** What comes of two messages to oneself and a sentinel, once the operator acts. */
async function outcome(operator: string, between = ''): Promise<string[]> {
  server = await startEmbeddedServer({ faults: [operator] });
  const client = await TestClient.online(server);
  const message = (id: string) =>
    `<message to='${client.full}' id='${id}' type='chat'><body>${id}</body></message>`;
  expect((await client.say(message('before'))).join()).toContain('<body>before</body>');
  server.arm();
  const came = await client.say(message('a') + between + message('b') + message('sentinel-1'));
  return came.map((stanza) => stanza.replaceAll(client.full, 'me'));
}

const plain = (id: string) =>
  `<message to='me' id='${id}' type='chat' from='me'><body>${id}</body></message>`;
const sentinel = plain('sentinel-1');

test.each<[operator: string, outcome: string[]]>([
  ['drop', [sentinel]],
  ['duplicate', [plain('a'), plain('a'), plain('b'), plain('b'), sentinel]],
  ['reorder', [plain('b'), plain('a'), sentinel]],
  ['answer-late', [sentinel, plain('a'), plain('b')]],
  ['close-instead', ['END']],
  [
    'wrong-id',
    [plain('a').replace("id='a'", "id='a-wrong'"), plain('b').replace("id='b'", "id='b-wrong'"), sentinel],
  ],
  ['wrong-type', [plain('a').replace('chat', 'headline'), plain('b').replace('chat', 'headline'), sentinel]],
  ['wrong-condition', [plain('a'), plain('b'), sentinel]],
  [
    'change-text',
    [plain('a').replace('>a<', '>a (changed)<'), plain('b').replace('>b<', '>b (changed)<'), sentinel],
  ],
])('%s', async (operator, expected) => {
  expect(await outcome(operator)).toEqual(expected);
});

test('wrong addresses are those of somebody else', async () => {
  expect((await outcome('wrong-from'))[0]).toContain("from='somebody@elsewhere.example/else'");
  await server.stop();
  expect((await outcome('wrong-to'))[0]).toContain("to='somebody@elsewhere.example/else'");
});

test('strip-child takes the first child', async () => {
  expect((await outcome('strip-child'))[0]).toBe("<message to='me' id='a' type='chat' from='me'/>");
});

test('wrong-condition changes what an error says', async () => {
  const [, error] = await outcome('wrong-condition', "<iq id='q' type='get'><x xmlns='urn:x'/></iq>");
  expect(error).toContain("<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>");
});

test('a stanza that reorder keeps comes alone where no second one follows', async () => {
  server = await startEmbeddedServer({ faults: ['reorder'] });
  const client = await TestClient.online(server);
  server.arm();
  expect(await client.say(`<message to='${client.full}' id='only'/>`)).toHaveLength(1);
});

test('streams that close while presence is broadcast leave the server as it was', async () => {
  server = await startEmbeddedServer({ faults: ['close-instead'] });
  const romeo = await TestClient.online(server);
  const juliet = await TestClient.online(server);
  await befriend(romeo, juliet);
  server.arm();
  expect(await romeo.say('<presence/>')).toEqual(['END']);
  expect(juliet.take()).toEqual(['END']);
});
