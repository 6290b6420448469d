import tls from 'node:tls';
import { type Client, client as createClient, type Element, xml } from '@xmpp/client';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type EmbeddedServer, type EmbeddedServerOptions, startEmbeddedServer } from './embedded-server.ts';
import { TestClient } from './test-client.ts';

const servers: EmbeddedServer[] = [];

async function start(options: EmbeddedServerOptions = {}): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

/** @xmpp/client gives no way to name an authority: it is put where the library opens its TLS connections. */
function trust(server: EmbeddedServer): void {
  const connect = tls.connect as (options: tls.ConnectionOptions) => tls.TLSSocket;
  vi.spyOn(tls, 'connect').mockImplementation(((first: tls.ConnectionOptions | number, host?: string) => {
    const options = typeof first === 'number' ? { port: first, host } : first;
    return connect({ ...(options as tls.ConnectionOptions), ca: server.ca, servername: server.domain });
  }) as typeof tls.connect);
}

async function login(
  server: EmbeddedServer,
  service: string,
): Promise<{ library: Client; messages: Element[] }> {
  const { username, password, domain } = server.newAccount();
  const library = createClient({
    service,
    domain,
    credentials: async (authenticate, mechanisms) => {
      // Its own SCRAM takes most of a second to derive the key.
      const mechanism = mechanisms.includes('PLAIN') ? 'PLAIN' : 'SCRAM-SHA-1';
      await authenticate({ username, password }, mechanism);
    },
  });
  library.reconnect.stop();
  const messages: Element[] = [];
  library.on('stanza', (stanza: Element) => stanza.is('message') && messages.push(stanza));
  await library.start();
  await library.send(xml('presence'));
  await server.settled();
  return { library, messages };
}

const ways = {
  'TCP and STARTTLS': ({ endpoints }: EmbeddedServer) => `xmpp://127.0.0.1:${endpoints.xmpp?.port}`,
  'direct TLS': ({ endpoints }: EmbeddedServer) => `xmpps://127.0.0.1:${endpoints['xmpp-tls']?.port}`,
  WebSocket: ({ endpoints }: EmbeddedServer) =>
    `ws://127.0.0.1:${endpoints['xmpp-websocket']?.port}${endpoints['xmpp-websocket']?.path}`,
};

test.each(Object.entries(ways))('@xmpp/client exchanges messages over %s', async (_name, serviceOf) => {
  const server = await start();
  trust(server);
  vi.stubGlobal('WebSocket', WebSocket);
  const romeo = await login(server, serviceOf(server));
  const juliet = await login(server, serviceOf(server));
  const to = juliet.library.jid?.bare().toString();
  await romeo.library.send(xml('message', { to, type: 'chat', id: 'm1' }, xml('body', {}, 'Wherefore')));
  await server.settled();
  expect(juliet.messages.map((message) => message.getChildText('body'))).toEqual(['Wherefore']);
  expect(juliet.messages[0]?.attrs.from).toBe(romeo.library.jid?.toString());
  await Promise.all([romeo.library.stop(), juliet.library.stop()]);
  vi.unstubAllGlobals();
});

test('a fault that does not exist is refused by name', async () => {
  await expect(startEmbeddedServer({ faults: ['drop', 'no-such-thing'] })).rejects.toThrow('no-such-thing');
});

test('accounts can be there from the start, and names are compared without case', async () => {
  const server = await start({
    domain: 'montague.example',
    accounts: [{ username: 'Romeo', password: 'r0m30' }],
  });
  const account = {
    username: 'romeo',
    password: 'r0m30',
    domain: server.domain,
    bare: 'romeo@montague.example',
  };
  const client = await (await TestClient.connect(server)).login(account);
  await client.bind('orchard');
  expect(client.full).toBe('romeo@montague.example/orchard');
});

test('a restart says so, keeps the port, accounts, rosters and stored messages', async () => {
  const server = await start();
  const romeo = await TestClient.online(server);
  const juliet = server.newAccount();
  await romeo.say(
    `<iq id='r1' type='set'><query xmlns='jabber:iq:roster'><item jid='${juliet.bare}' name='Juliet'/></query></iq>` +
      `<message to='${juliet.bare}'><body>later</body></message>`,
  );
  romeo.take();
  const port = server.endpoints['xmpp-tls']?.port;
  await server.restart();
  expect(server.endpoints['xmpp-tls']?.port).toBe(port);
  expect(romeo.inbox.join()).toContain('<system-shutdown');
  expect(romeo.inbox.at(-1)).toBe('END');
  const again = await (await TestClient.connect(server)).login(romeo.account);
  await again.bind();
  const roster = await again.say("<iq id='r2' type='get'><query xmlns='jabber:iq:roster'/></iq>");
  expect(roster.join()).toContain("name='Juliet'");
  const late = await (await TestClient.connect(server)).login(juliet);
  await late.bind();
  expect((await late.say('<presence/>')).join()).toContain('<body>later</body>');
});

test('a server that pauses says nothing until it resumes', async () => {
  const server = await start();
  const client = await TestClient.online(server);
  server.pause();
  expect(await client.say("<iq id='p' type='get'><ping xmlns='urn:xmpp:ping'/></iq>")).toEqual([]);
  server.resume();
  await server.settled();
  expect(client.inbox.join()).toContain("id='p'");
});

test('a killed server cuts its connections without a word, and comes back by a restart', async () => {
  const server = await start();
  const client = await TestClient.online(server);
  await server.kill();
  await server.settled();
  expect(client.inbox).toEqual([]);
  expect(client.ended).toBe(true);
  await server.restart();
  expect((await (await TestClient.connect(server)).open()).join()).toContain('features');
});

test('a restart while the server pauses ends the pause', async () => {
  const server = await start();
  server.pause();
  await server.restart();
  expect((await (await TestClient.connect(server)).open()).join()).toContain('mechanism');
});
