// The suites in the test run of a server written for Node.js: it is started in this process, and each case is a test.
//   npm install --save-dev touchstone vitest
//   npx vitest run conformance.test.js
import { once } from 'node:events';
import { defineTarget } from 'touchstone';
import { conformance } from 'touchstone/vitest';
import { afterAll } from 'vitest';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
await once(server, 'listening');
afterAll(() => server.close());

await conformance({
  target: defineTarget({
    target: 'my-server',
    title: 'My server',
    product: { name: 'my-server' },
    start: { external: { host: '127.0.0.1' } },
    endpoints: { websocket: { port: server.address().port, path: '/', echo: true } },
  }),
  only: ['rfc6455/framing/**'],
});
