import type { Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { acceptFor } from '../../websocket/handshake.ts';
import { StepFailure } from '../expectation.ts';
import { frame, play, type Script, scriptedServer, unmasked } from './test-support.ts';

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

  it('lets a case say that more comes than is read, which fails any other step', async () => {
    const head = Buffer.from('827f0000000040000000', 'hex');
    const port = await scriptedServer({ onOpen: (socket) => socket.write(head) });
    const told = await play(port, 'open', ['client receives more than it reads']);
    expect(told.finding).toBeUndefined();
    const strict = await play(port, 'open', [{ 'client receives binary': 'Hello' }]);
    expect(strict.finding?.message).toContain('a frame announces 1073741824 octets');
    const small = await scriptedServer({ onOpen: (socket) => socket.end(frame(0x81, 'Hello')) });
    const { finding } = await play(small, 'open', ['client receives more than it reads']);
    expect(finding).toMatchObject({ kind: 'closed', message: 'what came was the end of the connection' });
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

  describe('that goes on after its close frame', () => {
    const close = frame(0x88, Buffer.from([0x03, 0xea]));
    const failed = [
      {
        'client sends frames': [
          { opcode: 'text', rsv1: true, payload: 'Hello' },
          { opcode: 'ping', payload: '{client.sentinel}' },
        ],
      },
      { 'client is failed': 1002 },
    ];
    /** What the server sends when the frames of the steps are there, the pong for the ping among it. */
    const answering = (answer: (pong: Buffer) => Buffer[]) => {
      let received = Buffer.alloc(0);
      return scriptedServer({
        onData: (chunk, socket) => {
          received = Buffer.concat([received, chunk]);
          if (received.length < 11 + 6) return;
          const ping = received.subarray(11);
          if (ping.length < 6 + ((ping[1] ?? 0) & 0x7f)) return;
          socket.end(Buffer.concat(answer(frame(0x8a, unmasked(ping)))));
        },
      });
    };

    it('has not failed the connection where it answers a ping', async () => {
      const { finding } = await play(await answering((pong) => [close, pong]), 'open', failed);
      expect(finding?.message).toContain('7.1.7');
    });

    it('is tolerated where it sends another close frame', async () => {
      const { finding, tolerated } = await play(await answering(() => [close, close]), 'open', failed);
      expect(finding).toBeUndefined();
      expect(tolerated).toEqual([expect.stringContaining('2 close frames')]);
    });

    it('breaks section 5.5.1 where it sends data', async () => {
      const { finding } = await play(await answering(() => [close, frame(0x81, 'more')]), 'open', failed);
      expect(finding).toMatchObject({ kind: 'violation' });
      expect(finding?.message).toContain('section 5.5.1');
    });
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

  describe('that agrees to what was not offered', () => {
    const answering = (fields: string) =>
      scriptedServer({
        answer: (request, socket) => {
          const key = /^sec-websocket-key: *(\S+)/im.exec(request)?.[1] ?? '';
          socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n${fields}\r\n\r\n`,
          );
        },
      });

    it.each([
      ['a subprotocol', 'Sec-WebSocket-Protocol: nobody-asked', '4.1'],
      ['an extension', 'Sec-WebSocket-Extensions: x-nobody-asked', '4.1'],
      [
        'a window',
        'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9',
        'RFC 7692 7.1.2.2',
      ],
    ])('%s, the client fails to open, and shows the section and the header field', async (_what, field, section) => {
      const given = { state: 'connected', subprotocols: ['chat'], extensions: 'permessage-deflate' };
      const port = await answering(
        field.includes('Extensions') ? field : `${field}\r\nSec-WebSocket-Extensions: permessage-deflate`,
      );
      const { finding } = await play(port, given, ['client opens']);
      expect(finding?.kind).toBe('violation');
      expect(finding?.message).toContain(`section ${section}:`);
      expect(finding?.message).toContain(field);
      expect(finding?.nearest).toContain(field);
    });

    it('a client that was to be open has none of it, whatever comes next', async () => {
      const port = await answering('Sec-WebSocket-Protocol: nobody-asked');
      await expect(play(port, 'open', [])).rejects.toThrow('section 4.1');
    });

    it('raw steps look at the answer as at any other', async () => {
      const port = await answering('Sec-WebSocket-Protocol: nobody-asked');
      const { finding } = await play(port, 'connected', [
        'client requests',
        { 'client receives response': { headers: { 'Sec-WebSocket-Protocol': 'nobody-asked' } } },
      ]);
      expect(finding).toBeUndefined();
    });
  });

  it.each<[string, (socket: Socket) => unknown, string, number]>([
    ['ends the connection', (socket) => socket.end(), 'disconnected before secure TLS connection', 10_000],
    [
      'speaks no TLS',
      (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'wrong version number',
      10_000,
    ],
    ['says nothing', () => undefined, 'nothing came within 100 ms', 100],
  ])('fails to connect by TLS in time where the server %s', async (_what, act, message, patience) => {
    const port = await scriptedServer({ answer: (_request, socket) => void act(socket) });
    const opening = play(port, { state: 'connected', transport: 'tls' }, [], patience);
    await expect(opening).rejects.toThrow(StepFailure);
    await expect(opening).rejects.toThrow(message);
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

  /** A server that sends this for ever, once the handshake has begun; tells how many octets left it. */
  async function flooding(answer: (request: string) => string, octets: Buffer) {
    const sent = { octets: 0 };
    const port = await scriptedServer({
      answer: (request, socket) => {
        socket.write(answer(request));
        const send = () => {
          do sent.octets += octets.length;
          while (!socket.destroyed && socket.write(octets));
        };
        socket.on('drain', send);
        send();
      },
    });
    return { port, sent };
  }

  it('cuts off a server that answers without end, however few its answers are', async () => {
    const fields = 'A: b\r\n'.repeat(190);
    const answers = Buffer.from(`HTTP/1.1 400 No\r\nContent-Length: 0\r\n${fields}\r\n`.repeat(50));
    const { port, sent } = await flooding(() => '', answers);
    const steps = ['client requests', { 'client receives text': 'Hello' }];
    const { finding } = await play(port, 'connected', steps, 20_000);
    expect(finding?.message).toContain('sends without end');
    // Each field is an object or two.
    expect(sent.octets).toBeLessThan(16 * 1_048_576);
  });

  it('cuts off a server that sends bombs without end, each of which could be taken', async () => {
    const bomb = deflateRawSync(Buffer.alloc(32 * 1_048_576), { finishFlush: 2 }).subarray(0, -4);
    const head = Buffer.from('c27e0000', 'hex');
    head.writeUInt16BE(bomb.length, 2);
    const accept = (request: string) => {
      const key = /^sec-websocket-key: *(\S+)/im.exec(request)?.[1] ?? '';
      return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n`;
    };
    const { port } = await flooding(accept, Buffer.concat([head, bomb]));
    const given = { state: 'open', extensions: 'permessage-deflate' };
    const { finding } = await play(port, given, [{ 'client receives pong': 'never' }], 30_000);
    expect(finding?.message).toContain('sends without end');
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
