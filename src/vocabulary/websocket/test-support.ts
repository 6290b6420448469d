import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { WebSocketServer } from 'ws';
import { Transcript } from '../../record/transcript.ts';
import type { RunningTarget } from '../../target/running-target.ts';
import { acceptFor } from '../../websocket/handshake.ts';
import { type Finding, meet, StepFailure } from '../expectation.ts';
import { Names } from '../names.ts';
import { understand } from '../sentence.ts';
import type { Actor, Stage } from '../stage.ts';
import { websocket } from './websocket.ts';

export type StepText = string | Record<string, unknown>;

export interface Outcome {
  finding?: Finding;
  tolerated: string[];
  names: Names;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Plays steps by one client, as a run would; stops at the first that does not hold. */
export async function play(
  port: number,
  given: string | Record<string, unknown>,
  steps: StepText[],
  withinMs = 3_000,
): Promise<Outcome> {
  const actors = new Map<string, Actor>();
  const names = new Names((actor, fact) => actors.get(actor)?.fact(fact));
  const tolerated: string[] = [];
  const { state = 'open', ...options } = typeof given === 'string' ? { state: given } : given;
  const stage: Stage = {
    target: {
      name: 'scripted',
      domain: 'localhost',
      endpoints: { websocket: { kind: 'websocket', host: '127.0.0.1', port, path: '/', tls: 'none' } },
    } as unknown as RunningTarget,
    variant: undefined,
    actors,
    names,
    transcript: new Transcript(),
    signal: AbortSignal.timeout(30_000),
    patience: withinMs,
    link: async (_actor, endpoint) => endpoint,
    relay: () => undefined,
    addSecret: () => undefined,
    observe: () => undefined,
    tolerate: (why) => tolerated.push(why),
  };
  closers.push(() => {
    for (const actor of actors.values()) actor.dispose();
  });
  const client = { name: 'client', state: String(state), options };
  await websocket.actors?.bring(new Map([['client', client]]), stage);
  try {
    for (const step of steps) await playStep(step, stage, withinMs);
  } catch (error) {
    if (error instanceof StepFailure) return { finding: error.finding, tolerated, names };
    throw error;
  }
  return { tolerated, names };
}

async function playStep(step: StepText, stage: Stage, within: number): Promise<void> {
  const [sentence, value] = typeof step === 'string' ? [step, undefined] : (Object.entries(step)[0] ?? ['']);
  const understood = understand(sentence, websocket.verbs, [...stage.actors.keys()]);
  if ('kind' in understood) throw new Error(`nobody understands: ${sentence}`);
  const { subject, verb, slots } = understood;
  const prepared = verb.prepare?.({ slots, value });
  const played = { subject, slots, value, prepared, within };
  if (verb.expect) await meet([verb.expect(played, stage)], { withinMs: within, signal: stage.signal });
  else await verb.play?.(played, stage);
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
  closers.push(() => {
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
  closers.push(() => {
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
