import { describe, expect, it } from 'vitest';
import { echoServer, play } from './test-support.ts';

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
      { 'client sends text in deflate blocks': [{ stored: 'Hello, ' }, { fixed: [{ copy: 5, back: 7 }] }] },
      { 'client receives text': 'Hello, Hello' },
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
