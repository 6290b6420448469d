import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '../embedded-server.ts';

const servers: EmbeddedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer();
  servers.push(server);
  return server;
}

/** Sends the octets, and again whenever something comes back; what came until the end. */
async function converse(port: number, octets: string, times: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = '';
  let sent = 1;
  const again = () => {
    if (sent++ < times) socket.write(octets, () => setImmediate(again));
    else socket.end();
  };
  socket.on('data', (chunk) => {
    received += chunk;
    again();
  });
  socket.write(octets);
  await once(socket, 'close');
  return received;
}

test.each([
  ['a head that is none', 'GET /echo HTTP/1.1\n\n'],
  ['a head without end', 'x'.repeat(70_000)],
  ['a request that is refused', 'GET /elsewhere HTTP/1.1\r\nHost: localhost\r\n\r\n'],
])('the echo answers %s once, however often it comes', async (_what, octets) => {
  const { endpoints } = await start();
  const received = await converse(endpoints.websocket?.port ?? 0, octets, 5);
  expect(received.match(/^HTTP\/1\.1 4\d\d /gm)).toHaveLength(1);
});
