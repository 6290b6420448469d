import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { Transcript } from '../../record/transcript.ts';
import type { RunningTarget } from '../../target/running-target.ts';
import { type Finding, meet, StepFailure } from '../expectation.ts';
import { Names } from '../names.ts';
import { understand } from '../sentence.ts';
import type { Actor, Stage } from '../stage.ts';
import { acceptFor } from './actor.ts';
import { websocket } from './websocket.ts';

type StepText = string | Record<string, unknown>;

interface Outcome {
  finding?: Finding;
  tolerated: string[];
  names: Names;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Plays steps by one client, as a run would; stops at the first that does not hold. */
async function play(
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
async function echoServer(
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

interface Script {
  /** Called with what came after the handshake, chunk by chunk. */
  onData?(chunk: Buffer, socket: Socket): void;
  /** Called when the handshake was answered. */
  onOpen?(socket: Socket): void;
  /** In place of the answer to the handshake. */
  answer?(request: string, socket: Socket): void;
}

/** A server that does what a script says, protocol or not. */
async function scriptedServer(script: Script): Promise<number> {
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
function frame(first: number, payload: string | Buffer = ''): Buffer {
  const octets = Buffer.from(payload as string);
  return Buffer.concat([Buffer.from([first, octets.length]), octets]);
}

/** The payload of a short masked frame. */
function unmasked(chunk: Buffer): Buffer {
  const length = (chunk[1] ?? 0) & 0x7f;
  const key = chunk.subarray(2, 6);
  return Buffer.from(chunk.subarray(6, 6 + length).map((octet, index) => octet ^ (key[index % 4] ?? 0)));
}

describe('against ws', () => {
  it('opens, talks and closes', async () => {
    const { finding, tolerated } = await play(await echoServer(), 'open', [
      { 'client sends text': 'Hello' },
      { 'client receives text': 'Hello' },
      { 'client sends binary in fragments of 1000': { random: '100kB', seed: 1 } },
      { 'client receives binary': { random: '100kB', seed: 1 } },
      { 'client sends text in chops of 1': 'κόσμε' },
      { 'client receives text': 'κόσμε' },
      { 'client sends ping': 'are you there?' },
      { 'client receives pong': 'are you there?' },
      { 'client closes': { code: 3000, reason: 'bye' } },
      { 'client receives close': 3000 },
      'client is closed',
    ]);
    expect(finding).toBeUndefined();
    expect(tolerated).toEqual([]);
  });

  it('sees an answer to a handshake, and captures from it', async () => {
    const { finding, names } = await play(await echoServer(), 'connected', [
      'client requests',
      {
        'client receives response': {
          status: 101,
          headers: { upgrade: 'websocket', Connection: 'upgrade', 'Sec-WebSocket-Accept': '{accept=*}' },
          without: ['Sec-WebSocket-Protocol'],
        },
      },
    ]);
    expect(finding).toBeUndefined();
    expect(names.bound('accept')).toMatch(/^[A-Za-z0-9+/]{27}=$/);
  });

  it('sees a refusal', async () => {
    const { finding, tolerated } = await play(await echoServer(), 'connected', [
      { 'client requests': { headers: { 'Sec-WebSocket-Version': '25', Cookie: 'a=b' } } },
      { 'client is refused': { status: '{400|426}', headers: { 'Sec-WebSocket-Version': '{/.*13.*/}' } } },
    ]);
    expect(finding).toBeUndefined();
    expect(tolerated).toEqual([]);
  });

  it.each([
    ['a reserved bit', { opcode: 'text', rsv2: true, payload: 'Hello' }, 1002],
    ['a reserved opcode', { opcode: 5, payload: 'Hello' }, 1002],
    ['no mask', { opcode: 'text', mask: false, payload: 'Hello' }, 1002],
    ['invalid UTF-8', { opcode: 'text', payload: { hex: 'c0 af' } }, 1007],
    [
      'the top bit of a length',
      { opcode: 'binary', length: { as: '64-bit', of: '0x8000000000000005' } },
      1009,
    ],
  ])('sees that a frame with %s fails the connection', async (_what, wrong, code) => {
    const { finding } = await play(await echoServer(), 'open', [
      { 'client sends frame': wrong },
      { 'client is failed': code },
    ]);
    expect(finding).toBeUndefined();
  });

  it('speaks permessage-deflate', async () => {
    const port = await echoServer({ perMessageDeflate: true });
    const { finding } = await play(port, { extensions: 'permessage-deflate' }, [
      { 'client sends compressed text': { text: 'round and round ', length: 5_000 } },
      { 'client receives text': { text: 'round and round ', length: 5_000 } },
      { 'client sends compressed text in fragments of 3': { text: 'round and round ', length: 5_000 } },
      { 'client receives text': { text: 'round and round ', length: 5_000 } },
      { 'client sends frame': { opcode: 'text', rsv1: true, payload: { hex: '00' } } },
      { 'client receives text': '' },
    ]);
    expect(finding).toBeUndefined();
  });

  it('cannot be brought to compress where the server does not', async () => {
    const opening = play(await echoServer(), { extensions: 'permessage-deflate' }, []);
    await expect(opening).rejects.toThrow(/Sec-WebSocket-Extensions/);
  });

  it('finds nothing before a sentinel, and something', async () => {
    const port = await echoServer();
    const nothing = await play(port, 'open', [
      { 'client sends pong': 'unasked' },
      'client sends sentinel',
      'client receives nothing before sentinel',
    ]);
    expect(nothing.finding).toBeUndefined();
    const something = await play(port, 'open', [
      { 'client sends text': 'an echo' },
      'client sends sentinel',
      'client receives nothing before sentinel',
    ]);
    expect(something.finding).toMatchObject({ kind: 'mismatch', nearest: 'a text message: "an echo"' });
  });

  it('connects again after a reset', async () => {
    const { finding } = await play(await echoServer(), 'open', [
      'client resets',
      'client opens',
      { 'client sends text': 'again' },
      { 'client receives text': 'again' },
    ]);
    expect(finding).toBeUndefined();
  });

  it('says what differs', async () => {
    const { finding } = await play(await echoServer(), 'open', [
      { 'client sends text': 'Hello' },
      { 'client receives binary': 'Hallo' },
    ]);
    expect(finding).toMatchObject({
      kind: 'mismatch',
      nearest: 'a text message: "Hello"',
      differences: [
        { path: 'type', expected: 'binary', actual: 'text' },
        { path: 'payload', expected: '"Hallo"', actual: '"Hello"' },
      ],
    });
    expect(finding?.localPort).toBeGreaterThan(0);
  });
});

describe('against a server that breaks the protocol', () => {
  it.each([
    ['masks a frame', Buffer.from('8185000000006869696969', 'hex'), '5.1'],
    ['sets a reserved bit', frame(0xa1, 'Hello'), '5.2'],
    ['uses a reserved opcode', frame(0x83, 'Hello'), '5.2'],
    ['encodes a length in more octets than needed', Buffer.from('817e000548656c6c6f', 'hex'), '5.2'],
    ['begins a message inside another', Buffer.concat([frame(0x01, 'Hel'), frame(0x81, 'lo')]), '5.4'],
    ['continues what was not begun', frame(0x80, 'lo'), '5.4'],
    ['fragments a ping', frame(0x09, 'Hel'), '5.4'],
    ['sends text that is not UTF-8', frame(0x81, Buffer.from([0xc0, 0xaf])), '8.1'],
    ['sends a reserved close code', frame(0x88, Buffer.from([0x03, 0xed])), '7.4'],
  ])('names the section when it %s', async (_what, octets, section) => {
    const port = await scriptedServer({ onOpen: (socket) => socket.write(octets) });
    const { finding } = await play(port, 'open', [{ 'client receives text': 'Hello' }]);
    expect(finding?.kind).toBe('violation');
    expect(finding?.message).toContain(`section ${section}`);
  });

  it('fails at once when the connection ends', async () => {
    const port = await scriptedServer({ onOpen: (socket) => socket.end() });
    const { finding } = await play(port, 'open', [{ 'client receives text': 'Hello' }]);
    expect(finding).toMatchObject({ kind: 'closed', message: 'what came was the end of the connection' });
  });

  it('fails at once when a close frame comes instead of a message', async () => {
    const port = await scriptedServer({
      onOpen: (socket) => socket.write(frame(0x88, Buffer.from([0x03, 0xe9]))),
    });
    const { finding } = await play(port, 'open', [{ 'client receives text': 'Hello' }]);
    expect(finding).toMatchObject({ kind: 'closed', message: 'what came was a close frame with code 1001' });
  });

  it('tolerates a bare end where the connection was to be failed', async () => {
    const port = await scriptedServer({ onData: (_chunk, socket) => socket.end() });
    const { finding, tolerated } = await play(port, 'open', [
      { 'client sends frame': { opcode: 'text', rsv1: true, payload: 'Hello' } },
      { 'client is failed': 1002 },
    ]);
    expect(finding).toBeUndefined();
    expect(tolerated).toEqual([expect.stringContaining('ended without a close frame')]);
  });

  it('tolerates another close code where the connection was to be failed, and any where none is asked for', async () => {
    const script: Script = {
      onData: (_chunk, socket) => {
        socket.end(frame(0x88, Buffer.from([0x03, 0xe8])));
      },
    };
    const wrong = { 'client sends frame': { opcode: 'text', rsv1: true, payload: 'Hello' } };
    const strict = await play(await scriptedServer(script), 'open', [wrong, { 'client is failed': 1002 }]);
    expect(strict.finding).toBeUndefined();
    expect(strict.tolerated).toEqual([expect.stringContaining('a close frame with code 1000')]);
    const lenient = await play(await scriptedServer(script), 'open', [wrong, 'client is failed']);
    expect(lenient).toMatchObject({ tolerated: [] });
    expect(lenient.finding).toBeUndefined();
  });

  it('finds out that a server ignores what should fail the connection', async () => {
    const port = await scriptedServer({
      onData: (chunk, socket) => {
        if ((chunk[0] ?? 0) === 0x89) socket.write(frame(0x8a, unmasked(chunk)));
      },
    });
    const { finding } = await play(port, 'open', [
      { 'client sends frame': { opcode: 'text', rsv1: true, payload: 'Hello' } },
      { 'client is failed': 1002 },
    ]);
    expect(finding).toMatchObject({ kind: 'unexpected' });
    expect(finding?.message).toContain('the server went on');
  });

  it('wants the end of TCP after the close frame', async () => {
    const port = await scriptedServer({
      onData: (chunk, socket) => {
        if (chunk[0] === 0xc1) socket.write(frame(0x88, Buffer.from([0x03, 0xea])));
      },
    });
    const steps = [
      { 'client sends frame': { opcode: 'text', rsv1: true, payload: 'Hello' } },
      { 'client is failed': 1002 },
    ];
    const { finding } = await play(port, 'open', steps, 300);
    expect(finding).toMatchObject({ kind: 'silence' });
    expect(finding?.message).toContain('did not end the TCP connection');
  });

  it('tells another message from the expected one without waiting', async () => {
    const port = await scriptedServer({ onOpen: (socket) => socket.write(frame(0x82, 'other')) });
    const { finding } = await play(port, 'open', [{ 'client receives binary': { random: '300B', seed: 1 } }]);
    expect(finding?.differences?.[0]).toEqual({ path: 'length', expected: '300 octets', actual: '5 octets' });
  });

  it('finds a pong that answers a pong', async () => {
    const port = await scriptedServer({
      onData: (chunk, socket) => socket.write(frame(0x8a, unmasked(chunk))),
    });
    const { finding } = await play(port, 'open', [
      { 'client sends pong': 'unasked' },
      'client sends sentinel',
      'client receives nothing before sentinel',
    ]);
    expect(finding?.message).toContain('answered a pong');
  });

  it('passes over pings and pongs that a server may send at any time', async () => {
    const octets = Buffer.concat([
      frame(0x89, 'ping'),
      frame(0x8a, 'pong'),
      frame(0x01, 'Hel'),
      frame(0x89),
      frame(0x80, 'lo'),
    ]);
    const port = await scriptedServer({ onOpen: (socket) => socket.write(octets) });
    const { finding } = await play(port, 'open', [{ 'client receives text': 'Hello' }]);
    expect(finding).toBeUndefined();
  });

  it('tolerates a refusal without an HTTP answer, unless one is described', async () => {
    const port = await scriptedServer({ answer: (_request, socket) => socket.end() });
    const bare = await play(port, 'connected', ['client requests', 'client is refused']);
    expect(bare.finding).toBeUndefined();
    expect(bare.tolerated).toEqual([expect.stringContaining('ended without a response')]);
    const strict = await play(port, 'connected', [
      'client requests',
      { 'client is refused': { status: 400 } },
    ]);
    expect(strict.finding).toMatchObject({ kind: 'closed' });
  });

  it('is not satisfied with an acceptance where a refusal is due', async () => {
    const { finding } = await play(await scriptedServer({}), 'connected', [
      'client requests',
      'client is refused',
    ]);
    expect(finding).toMatchObject({ kind: 'mismatch', differences: [{ path: 'status', actual: '101' }] });
  });

  it('cannot be opened with a wrong accept value', async () => {
    const port = await scriptedServer({
      answer: (_request, socket) =>
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n',
        ),
    });
    await expect(play(port, 'open', [])).rejects.toThrow(/Sec-WebSocket-Accept|violation|section/);
  });

  it('takes frames and the message that they make as one thing', async () => {
    const octets = Buffer.concat([frame(0x01, 'Hel'), frame(0x80, 'lo'), frame(0x81, 'next')]);
    const port = await scriptedServer({ onOpen: (socket) => socket.write(octets) });
    const { finding } = await play(port, 'open', [
      { 'client receives frame': { opcode: 'text', fin: false, mask: false, payload: 'Hel' } },
      { 'client receives frame': { opcode: 'continuation', fin: true } },
      { 'client receives text': 'next' },
    ]);
    expect(finding).toBeUndefined();
  });

  it('cuts off a server that sends without end', async () => {
    const pings = Buffer.alloc(20_000, frame(0x89));
    const port = await scriptedServer({
      onOpen: (socket) => {
        const send = () => {
          while (!socket.destroyed && socket.write(pings));
        };
        socket.on('drain', send);
        send();
      },
    });
    const { finding } = await play(port, 'open', [{ 'client receives text': 'Hello' }], 20_000);
    expect(finding).toMatchObject({ kind: 'unexpected' });
    expect(finding?.message).toContain('sends without end');
  });
});
