import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

// A process of its own, so that its time is not taken for the client's; it sends back whatever it gets.
const limits = { maxPayload: 64 * 1_048_576, maxFragments: 0, maxBufferedChunks: 0 };
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true, ...limits });
server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
server.on('listening', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches every process of the terminal; the one that measures decides when this one ends.
process.on('SIGINT', () => {});
