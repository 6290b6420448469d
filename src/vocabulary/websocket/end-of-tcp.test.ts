import { expect, it } from 'vitest';
import { play, scriptedServer } from './test-support.ts';

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
