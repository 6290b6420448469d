import { expect, it } from 'vitest';
import { frame, play, scriptedServer } from './test-support.ts';

const fin = () => scriptedServer({ onData: (_chunk, socket) => socket.end() });
const rst = () => scriptedServer({ onData: (_chunk, socket) => socket.resetAndDestroy() });
const steps = (how: string) => ['client closes', `client is closed by ${how}`];

it.each([
  ['FIN', fin],
  ['RST', rst],
])('sees that the server ends TCP by %s', async (how, server) => {
  expect((await play(await server(), 'open', steps(how))).finding).toBeUndefined();
});

it.each([
  ['FIN', rst, 'a reset of the connection came'],
  ['RST', fin, 'the end of the connection came'],
])('tells %s from the other', async (how, server, message) => {
  const { finding } = await play(await server(), 'open', steps(how));
  expect(finding).toMatchObject({ kind: 'mismatch', message });
});

it('sees that the server does not end TCP', async () => {
  const port = await scriptedServer({});
  const { finding } = await play(port, 'open', steps('FIN'), 300);
  expect(finding?.kind).toBe('silence');
});

it('tolerates that TCP goes on after both close frames, and asks nothing of the server meanwhile', async () => {
  const chunks: Buffer[] = [];
  const port = await scriptedServer({
    onData: (chunk, socket) => {
      chunks.push(chunk);
      if (chunks.length > 1) return;
      socket.write(frame(0x88, Buffer.from([0x03, 0xea])));
      setTimeout(() => socket.end(), 4_100);
    },
  });
  const steps = [
    { 'client sends frame': { opcode: 'text', rsv1: true, payload: 'Hello' } },
    { 'client is failed': 1002 },
  ];
  const { finding, tolerated } = await play(port, 'open', steps, 20_000);
  expect(finding).toBeUndefined();
  expect(tolerated).toEqual([expect.stringContaining('immediately')]);
  // The frame that breaks a rule, and the close frame that answers the server's; no ping.
  expect(chunks.map(([first]) => first)).toEqual([0xc1, 0x88]);
});

it.each([
  ['has no FIN', { fin: false }],
  ['has a reserved bit', { rsv2: true }],
  ['is not masked', { mask: false }],
  ['has one octet', { payload: { hex: '03' } }],
  ['is too long', { payload: { text: '*', length: 126 } }],
])('answers the close frame of a server that fails over one which %s', async (_what, words) => {
  const answered: number[] = [];
  const port = await scriptedServer({
    onData: (chunk, socket) => {
      answered.push(chunk[0] ?? 0);
      if (answered.length === 1) socket.write(frame(0x88, Buffer.from([0x03, 0xea])));
      else socket.end();
    },
  });
  const { finding, tolerated } = await play(port, 'open', [
    { 'client sends frame': { opcode: 'close', ...words } },
    { 'client is failed': 1002 },
  ]);
  expect(finding).toBeUndefined();
  expect(tolerated).toEqual([]);
  expect(answered).toEqual([expect.any(Number), 0x88]);
});
