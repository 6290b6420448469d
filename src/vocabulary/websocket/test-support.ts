import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { acceptFor } from '../../websocket/handshake.ts';
import { afterwards, type Outcome, playScene, type StepText } from '../test-support.ts';
import { websocket } from './websocket.ts';

/** Plays steps by one client, as a run would; stops at the first that does not hold. */
export function play(
  port: number,
  given: string | Record<string, unknown>,
  steps: StepText[],
  withinMs = 3_000,
  ca?: string,
): Promise<Outcome> {
  const { state = 'open', ...options } = typeof given === 'string' ? { state: given } : given;
  return playScene({
    vocabulary: websocket,
    target: {
      name: 'scripted',
      domain: 'localhost',
      ...(ca === undefined ? {} : { ca }),
      endpoints: {
        websocket: { kind: 'websocket', host: '127.0.0.1', port, path: '/', tls: 'none' },
        'websocket-tls': { kind: 'websocket-tls', host: '127.0.0.1', port, path: '/', tls: 'direct' },
      },
    },
    given: { name: 'client', state: String(state), options },
    steps,
    withinMs,
  });
}

/** `ws`, which sends back every message. */
export async function echoServer(
  options: { perMessageDeflate?: boolean; maxPayload?: number } = {},
): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(server, 'listening');
  afterwards(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export interface Script {
  /** Called with what came after the handshake, chunk by chunk. */
  onData?(chunk: Buffer, socket: Socket): void;
  /** Called when the handshake was answered. */
  onOpen?(socket: Socket): void;
  /** In place of the answer to the handshake. */
  answer?(request: string, socket: Socket): void;
}

/** A server that does what a script says, protocol or not. */
export async function scriptedServer(script: Script): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', (first) => {
      const request = first.toString('latin1');
      if (script.answer) return script.answer(request, socket);
      const key = /^sec-websocket-key: *(\S+)/im.exec(request)?.[1] ?? '';
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n\r\n`,
      );
      socket.on('data', (chunk) => script.onData?.(chunk, socket));
      script.onOpen?.(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** An unmasked frame with a short payload. */
export function frame(first: number, payload: string | Buffer = ''): Buffer {
  const octets = Buffer.from(payload as string);
  return Buffer.concat([Buffer.from([first, octets.length]), octets]);
}

/** The payload of a short masked frame. */
export function unmasked(chunk: Buffer): Buffer {
  const length = (chunk[1] ?? 0) & 0x7f;
  const key = chunk.subarray(2, 6);
  return Buffer.from(chunk.subarray(6, 6 + length).map((octet, index) => octet ^ (key[index % 4] ?? 0)));
}
