import type { Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mutated, randomOf, slicedAnyhow } from '../network/mutation.ts';
import { opcode } from './frame.ts';
import {
  acceptance,
  serverFrame as frame,
  type ScriptedServer,
  startScriptedServer,
  WatchedConnection,
} from './scripted-server.ts';

const [runs, atOnce] = [400, 8];
const [maxFrame, maxMessage] = [65_536, 131_072];

const compressed = (text: string) => deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4);

const frames = Buffer.concat([
  frame({ text: 'Hello' }),
  frame({ rsv1: true, payload: compressed('round and round and round') }),
  frame({ opcode: opcode.ping, text: 'are you there?' }),
  frame({ fin: false, text: 'κόσ' }),
  frame({ opcode: opcode.pong }),
  frame({ opcode: opcode.continuation, text: 'με' }),
  frame({
    rsv1: true,
    fin: false,
    opcode: opcode.binary,
    payload: compressed('0'.repeat(20_000)).subarray(0, 9),
  }),
  frame({ opcode: opcode.continuation, payload: compressed('0'.repeat(20_000)).subarray(9) }),
  frame({ opcode: opcode.binary, payload: Buffer.alloc(300, 'x') }),
  frame({ opcode: opcode.close, payload: Buffer.from('\x03\xe8bye', 'latin1') }),
]);

/** What a server may well send, damaged: the whole, or all but the answer to the handshake. */
function trafficOf(seed: number): Buffer[] {
  const random = randomOf(seed);
  const answer = acceptance('permessage-deflate');
  const octets =
    random(4) === 0
      ? mutated(Buffer.concat([answer, frames]), random)
      : Buffer.concat([answer, mutated(frames, random)]);
  return slicedAnyhow(octets, 1 + random(400), random);
}

let server: ScriptedServer;
const seeds: number[] = [];
beforeEach(async () => {
  server = await startScriptedServer((socket) =>
    socket.once('data', () => misbehave(socket, seeds.shift() ?? 0)),
  );
});
afterEach(() => server.close());

function misbehave(socket: Socket, seed: number): void {
  for (const slice of trafficOf(seed)) socket.write(slice);
  if (seed % 5 > 0) socket.end();
  else Object.assign(socket, { resetAndClosing: true }).destroy();
}

it(`survives ${runs} servers that damage what they send, and every connection ends`, async () => {
  const before = process.memoryUsage();
  const reached = { violation: 0, message: 0, close: 0 };
  for (let seed = 1; seed <= runs; seed += atOnce) {
    const batch = Array.from({ length: atOnce }, (_, index) => seed + index);
    await Promise.all(
      batch.map(async (one) => {
        seeds.push(one);
        const { kinds, events } = await play();
        const named = `seeds ${batch.join(', ')}: ${kinds.join(' ')}`;
        expect(kinds.indexOf('ended'), named).toBe(kinds.length - 1);
        expect(kinds.filter((kind) => kind === 'violation').length, named).toBeLessThan(2);
        for (const event of events) {
          if (event.kind === 'frame') expect(event.frame.payload.length, named).toBeLessThanOrEqual(maxFrame);
          if (event.kind === 'message') expect(event.payload.length, named).toBeLessThanOrEqual(maxMessage);
        }
        for (const kind of ['violation', 'message', 'close'] as const)
          if (kinds.includes(kind)) reached[kind]++;
      }),
    );
  }
  const after = process.memoryUsage();
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(256 * 1_048_576);
  // The damage neither stops everything at the door nor goes unnoticed.
  for (const times of Object.values(reached)) expect(times).toBeGreaterThan(runs / 50);
});

async function play(): Promise<WatchedConnection> {
  const watched = await WatchedConnection.open(server.port, { maxFrame, maxMessage }, [
    'Sec-WebSocket-Extensions',
    'permessage-deflate',
  ]);
  await watched.sees('ended');
  return watched;
}
