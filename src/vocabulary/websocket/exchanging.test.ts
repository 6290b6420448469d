import { expect, it } from 'vitest';
import { MessageCutter } from './exchanging.ts';
import { echoServer, frame, play, scriptedServer, unmasked } from './test-support.ts';

it('cuts messages out of a source, round and round, and characters never', () => {
  const whole = new MessageCutter(Buffer.from('0123456789'), 4, false);
  expect(Array.from({ length: 4 }, () => whole.next().toString())).toEqual(['0123', '4567', '8901', '2345']);
  const characters = new MessageCutter(Buffer.from('aκb🌍'), 4, true);
  expect(Array.from({ length: 4 }, () => characters.next().toString())).toEqual(['aκb', '🌍', 'aκb', '🌍']);
  const longer = new MessageCutter(Buffer.from('ab'), 5, false);
  expect(Array.from({ length: 2 }, () => longer.next().toString())).toEqual(['ababa', 'babab']);
});

it.each([
  ['text', {}],
  ['binary', {}],
  ['compressed text', { extensions: 'permessage-deflate' }],
  ['compressed binary', { extensions: 'permessage-deflate' }],
])('exchanges %s messages, then closes cleanly', async (kind, options) => {
  const port = await echoServer({ perMessageDeflate: true });
  const { finding, tolerated } = await play(port, { state: 'open', ...options }, [
    { [`client exchanges 50 ${kind} messages`]: { of: 1000, from: 'κόσμε ', 'in fragments of': 100 } },
    'client closes',
    'client is closed cleanly',
  ]);
  expect(finding).toBeUndefined();
  expect(tolerated).toEqual([]);
});

it('names the message that came back otherwise', async () => {
  let messages = 0;
  const port = await scriptedServer({
    // The third message comes back with another last octet.
    onData: (_chunk, socket) => socket.write(Buffer.from([0x81, 2, 97, ++messages === 3 ? 99 : 98])),
  });
  const { finding } = await play(port, 'open', [
    { 'client exchanges 10 text messages': { of: 2, from: 'ab' } },
  ]);
  expect(finding).toMatchObject({ kind: 'mismatch' });
  expect(finding?.message).toContain('message 3 of 10');
});

it('says how far it came when the server falls silent, or ends', async () => {
  let messages = 0;
  const silent = await scriptedServer({
    onData: (_chunk, socket) => void (++messages < 3 && socket.write(Buffer.from([0x81, 2, 97, 98]))),
  });
  const steps = [{ 'client exchanges 10 text messages': { of: 2, from: 'ab' } }];
  expect((await play(silent, 'open', steps, 300)).finding).toMatchObject({
    kind: 'silence',
    message: expect.stringContaining('2 messages came back'),
  });
  const ending = await scriptedServer({ onData: (_chunk, socket) => socket.end() });
  expect((await play(ending, 'open', steps)).finding).toMatchObject({
    kind: 'closed',
    message: expect.stringContaining('0 messages came back'),
  });
});

it.each([
  ['a message after the close frame was sent', [0x81, 1, 97, 0x88, 2, 3, 232], 'nobody had sent'],
  ['an end without a close frame', [], 'without a close frame'],
  ['a code that complains', [0x88, 2, 3, 234], 'code 1002'],
])('%s is no clean close', async (_what, octets, text) => {
  const port = await scriptedServer({ onData: (_chunk, socket) => socket.end(Buffer.from(octets)) });
  const { finding } = await play(port, 'open', ['client closes', 'client is closed cleanly']);
  expect(finding?.message).toContain(text);
});

it('tolerates another code in the answer to a close frame', async () => {
  const port = await scriptedServer({
    onData: (_chunk, socket) => socket.end(Buffer.from([0x88, 2, 3, 233])),
  });
  const { finding, tolerated } = await play(port, 'open', ['client closes', 'client is closed cleanly']);
  expect(finding).toBeUndefined();
  expect(tolerated).toEqual([expect.stringContaining('code 1001')]);
});

it('tolerates an answer to what came after the close frame', async () => {
  // 8 octets of close frame, then the ping.
  const port = await scriptedServer({
    onData: (chunk, socket) => {
      if (chunk.length > 8)
        socket.end(
          Buffer.concat([frame(0x88, Buffer.from([3, 232])), frame(0x8a, unmasked(chunk.subarray(8)))]),
        );
    },
  });
  const { finding, tolerated } = await play(port, 'open', [
    {
      'client sends frames': [
        { opcode: 'close', payload: { hex: '03 e8' } },
        { opcode: 'ping', payload: '{client.sentinel}' },
      ],
    },
    'client is closed cleanly',
  ]);
  expect(finding).toBeUndefined();
  expect(tolerated).toEqual([expect.stringContaining('section 7.1.1')]);
});

it('tells silence from what comes in its place', async () => {
  const quiet = await scriptedServer({});
  expect((await play(quiet, 'open', ['client receives nothing for 50ms'])).finding).toBeUndefined();
  const loud = await scriptedServer({ onData: (_chunk, socket) => socket.end() });
  const steps = [{ 'client sends text': 'Hello' }, 'client receives nothing for 5s'];
  expect((await play(loud, 'open', steps)).finding).toMatchObject({ kind: 'unexpected' });
});
