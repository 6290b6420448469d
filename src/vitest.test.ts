import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import { WebSocketServer } from 'ws';
import { defineTarget } from './index.ts';
import { conformance } from './vitest.ts';

// What a server's own tests look like: the server is started in this process, and each case is a test.
const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
afterAll(() => server.close());

if (!server.address()) await once(server, 'listening');
const { port } = server.address() as AddressInfo;

await conformance({
  target: defineTarget({
    target: 'in-process',
    title: 'ws in this process',
    product: { name: 'ws' },
    start: { external: { host: '127.0.0.1' } },
    endpoints: { websocket: { port, path: '/', echo: true } },
  }),
  only: ['rfc6455/framing/**', 'rfc6455/close-codes/**'],
});
