import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocketOptions } from './connection.ts';
import { type Frame, opcode } from './frame.ts';
import { FrameParser } from './frame-parser.ts';
import {
  acceptance,
  serverFrame as frame,
  opened,
  startScriptedServer,
  WatchedConnection,
} from './scripted-server.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** A client, its handshake sent, of a server with this script. */
async function clientOf(
  script: (socket: Socket, tcp: Socket) => void,
  options: Partial<WebSocketOptions> = {},
): Promise<WatchedConnection> {
  const server = await startScriptedServer(script);
  closers.push(() => server.close());
  const client = await WatchedConnection.open(server.port, options);
  closers.push(() => client.connection.destroy());
  return client;
}

const hello = frame({ text: 'Hello' });

/** Writes for as long as the other side takes it. */
function flood(socket: Socket, octets: Buffer): void {
  const write = () => {
    while (!socket.destroyed && socket.write(octets));
  };
  socket.on('drain', write);
  write();
}

describe('the answer to the handshake', () => {
  it('is announced whole when it comes octet by octet, and so are the frames after it', async () => {
    const octets = Buffer.concat([acceptance(), hello, frame({ payload: Buffer.alloc(300, 'x') })]);
    const client = await clientOf((socket) =>
      socket.once('data', () => {
        for (const octet of octets) socket.write(Buffer.from([octet]));
      }),
    );
    expect((await client.sees('message')).payload.toString()).toBe('Hello');
    expect((await client.sees('message', 2)).payload.length).toBe(300);
    expect(client.kinds).toEqual(['response', 'frame', 'message', 'frame', 'message']);
  });

  it('may end at any octet', async () => {
    const whole = acceptance();
    for (let length = 0; length < whole.length; length++) {
      const client = await clientOf((socket) =>
        socket.once('data', () => socket.end(whole.subarray(0, length))),
      );
      expect(await client.sees('ended')).toMatchObject({ how: 'end' });
      expect(client.kinds).toEqual(['ended']);
    }
  });

  it('that never ends is one violation, after which nothing is kept', async () => {
    const sent = { octets: 0 };
    const client = await clientOf((socket) =>
      socket.once('data', () => {
        const line = Buffer.from(`X-Filler: ${'x'.repeat(1_000)}\r\n`.repeat(60));
        const write = () => {
          while (sent.octets < 16 * 1_048_576) {
            sent.octets += line.length;
            if (!socket.write(line)) return;
          }
          socket.end();
        };
        socket.on('drain', write);
        socket.write('HTTP/1.1 101 Switching Protocols\r\n');
        write();
      }),
    );
    await client.sees('ended');
    expect(client.kinds).toEqual(['violation', 'ended']);
  });

  it.each([
    ['is no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['has a status of two digits', 'HTTP/1.1 99 No\r\n\r\n'],
    ['has a field without a colon', 'HTTP/1.1 101 OK\r\nUpgrade\r\n\r\n'],
    ['has a folded field', 'HTTP/1.1 101 OK\r\nA: b\r\n c\r\n\r\n'],
    ['has too many fields', `HTTP/1.1 101 OK\r\n${'A: b\r\n'.repeat(201)}\r\n`, '10.4'],
    ['follows more interim ones than is read', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(60_000), '10.4'],
  ])('that %s is a violation, announced once', async (_what, text, section = '4.2.2') => {
    const client = await clientOf((socket) =>
      socket.once('data', () => {
        socket.write(text);
        socket.write(text);
        socket.end(hello);
      }),
    );
    await client.sees('ended');
    expect(client.kinds).toEqual(['violation', 'ended']);
    expect(client.all('violation')[0]).toMatchObject({ section });
  });

  it('may follow a great many interim ones', async () => {
    const interim = Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(20_000));
    const client = await clientOf((socket) =>
      socket.once('data', () => socket.end(Buffer.concat([interim, acceptance(), hello]))),
    );
    await client.sees('ended');
    expect(client.kinds).toEqual(['response', 'frame', 'message', 'ended']);
  });
});

describe('frames', () => {
  it.each([
    ['the top bit of a length', frame({ length: { as: '64-bit', of: 2n ** 63n } }), '5.2'],
    ['the largest length there is', frame({ length: { as: '64-bit', of: 2n ** 63n - 1n } }), '10.4'],
    ['a length above the limit', frame({ length: { of: 70_000 } }), '10.4'],
  ])('with %s are refused by their head', async (_what, octets, section) => {
    const client = await clientOf(
      opened((socket) => socket.write(octets)),
      { maxFrame: 69_999 },
    );
    expect(await client.sees('violation')).toMatchObject({ section });
  });

  it('before one that is broken are announced before it, and none after it', async () => {
    const broken = frame({ length: { as: '64-bit', of: 2n ** 63n } });
    const client = await clientOf(
      opened((socket) => socket.end(Buffer.concat([hello, hello, broken, hello]))),
    );
    await client.sees('ended');
    expect(client.kinds).toEqual(['response', 'frame', 'message', 'frame', 'message', 'violation', 'ended']);
  });

  it('after bad text are not announced', async () => {
    const bad = frame({ payload: Buffer.from([0xc0, 0x80]) });
    const client = await clientOf(
      opened((socket) => socket.end(Buffer.concat([bad, hello, frame({ opcode: opcode.ping }), hello]))),
    );
    await client.sees('ended');
    expect(client.kinds).toEqual(['response', 'frame', 'violation', 'ended']);
    expect(client.all('violation')[0]).toMatchObject({ section: '8.1' });
  });

  it('of a text are judged one by one, each up to its first bad octet', async () => {
    const part = (payload: Buffer, first = false) =>
      frame({ opcode: first ? opcode.text : opcode.continuation, fin: false, payload });
    // The euro sign is cut in two, which is right; then 0x80 begins a character, which is not.
    const parts = [
      part(Buffer.from('41e2', 'hex'), true),
      part(Buffer.from('82ac', 'hex')),
      part(Buffer.from('4280', 'hex')),
    ];
    const client = await clientOf(
      opened((socket) => void socket.write(Buffer.concat([...parts, part(Buffer.from('C'))]))),
    );
    // The message is not over, and the server sends nothing more.
    const { section, text } = await client.sees('violation');
    expect(section).toBe('8.1');
    expect(text).toContain('octet 5');
    expect(client.kinds).toEqual(['response', 'frame', 'frame', 'frame', 'violation']);
  });

  it('of a text must not end inside a character', async () => {
    const parts = [
      frame({ fin: false, payload: Buffer.from('41e2', 'hex') }),
      frame({ opcode: opcode.continuation, payload: Buffer.from('82', 'hex') }),
    ];
    const client = await clientOf(opened((socket) => void socket.write(Buffer.concat(parts))));
    expect(await client.sees('violation')).toMatchObject({ section: '8.1' });
  });

  describe('after a close frame', () => {
    const close = frame({ opcode: opcode.close, payload: Buffer.from([0x03, 0xe8]) });

    it.each([
      ['a message', hello],
      ['a fragment', frame({ fin: false, text: 'Hel' })],
    ])('are a violation where they carry %s', async (_what, data) => {
      const client = await clientOf(opened((socket) => socket.end(Buffer.concat([close, data]))));
      await client.sees('ended');
      expect(client.kinds).toEqual(['response', 'frame', 'close', 'frame', 'violation', 'ended']);
      expect(client.all('violation')).toMatchObject([{ section: '5.5.1' }]);
    });

    it('are announced and not answered where they are control frames', async () => {
      const sent: Buffer[] = [];
      const more = [frame({ opcode: opcode.ping }), frame({ opcode: opcode.pong }), close];
      const client = await clientOf(
        opened((socket) => socket.end(Buffer.concat([close, ...more]))),
        { observe: ({ direction, bytes }) => void (direction === 'sent' && sent.push(bytes)) },
      );
      await client.sees('ended');
      expect(client.kinds).toEqual(['response', 'frame', 'close', 'frame', 'frame', 'frame', 'ended']);
      // The request, and one close frame.
      expect(sent.length).toBe(2);
    });

    it('are a violation where they are malformed', async () => {
      const masked = frame({ opcode: opcode.ping, mask: true });
      const client = await clientOf(opened((socket) => socket.end(Buffer.concat([close, masked]))));
      expect(await client.sees('violation')).toMatchObject({ section: '5.1' });
    });
  });

  it.each([
    ['many small ones', Buffer.alloc(100, 'x')],
    ['empty ones', Buffer.alloc(0)],
  ])('without end, %s, do not fill the memory of a message', async (_what, payload) => {
    const part = frame({ opcode: opcode.continuation, fin: false, payload });
    const parts = Buffer.concat(Array.from({ length: 1_000 }, () => part));
    const client = await clientOf(
      opened((socket) => {
        socket.write(frame({ fin: false }));
        for (let n = 0; n < 100; n++) socket.write(parts);
        socket.end(frame({ opcode: opcode.continuation }));
      }),
      { maxMessage: 1_048_576 },
    );
    await client.sees('ended');
    if (payload.length === 0) expect(client.all('message')).toMatchObject([{ fragments: 100_002 }]);
    else expect(client.all('violation')).toMatchObject([{ section: '10.4' }]);
  });

  it('without end fill no more than a bounded part of what is to be sent, where the server does not read', async () => {
    const pings = Buffer.concat(
      Array.from({ length: 1_000 }, () => frame({ opcode: opcode.ping, payload: Buffer.alloc(125, 'x') })),
    );
    const octets = { sent: 0, received: 0 };
    const client = await clientOf(
      opened((socket) => {
        socket.pause();
        flood(socket, pings);
      }),
      {
        observe: ({ direction, bytes }) => {
          octets[direction] += bytes.length;
        },
      },
    );
    for (let number = 10_000; octets.received < 64 * 1_048_576; number += 10_000)
      await client.sees('frame', number);
    // What the kernel takes, and a bounded rest.
    expect(octets.sent).toBeLessThan(32 * 1_048_576);
  });

  it('that are compressed bombs are a violation, and hold up what comes after', async () => {
    const bomb = deflateRawSync(Buffer.alloc(32 * 1_048_576), { finishFlush: 2 }).subarray(0, -4);
    const client = await clientOf(
      opened(
        (socket) => socket.end(Buffer.concat([frame({ rsv1: true, payload: bomb }), hello])),
        'permessage-deflate',
      ),
      { maxMessage: 1_048_576 },
    );
    await client.sees('ended');
    expect(client.kinds).toEqual(['response', 'frame', 'violation', 'ended']);
  });

  it.each([
    ['cut off', (octets: Buffer) => octets.subarray(0, -3)],
    ['followed by its tail', (octets: Buffer) => Buffer.concat([octets, Buffer.from('0000ffff', 'hex')])],
    ['no DEFLATE', () => Buffer.from([0x06, 0x12, 0x34])],
  ])('whose compressed data is %s are a violation', async (_what, spoil) => {
    const compressed = deflateRawSync('Hello, hello, hello, world', { finishFlush: 2 }).subarray(0, -4);
    const client = await clientOf(
      opened((socket) => socket.end(frame({ rsv1: true, payload: spoil(compressed) })), 'permessage-deflate'),
    );
    await client.sees('ended');
    expect(client.all('violation')).toMatchObject([{ section: 'RFC 7692 7.2.2' }]);
    expect(client.all('message')).toEqual([]);
  });
});

describe('the connection', () => {
  it('settles what waits when it is reset', async () => {
    const client = await clientOf(
      opened((socket) => {
        // No FIN before the RST, unlike with resetAndDestroy.
        Object.assign(socket, { resetAndClosing: true });
        socket.destroy();
      }),
    );
    expect(await client.sees('ended')).toMatchObject({ how: 'reset' });
    await client.connection.flushed();
  });

  it('settles what waits to be sent to a server that does not read, when it is destroyed', async () => {
    const client = await clientOf(opened((socket) => void socket.pause()));
    await client.sees('response');
    client.connection.sendMessage(Buffer.alloc(32 * 1_048_576), { type: 'binary' });
    const flushed = client.connection.flushed();
    client.connection.destroy();
    await flushed;
  });

  it('sends a large message as the server reads it, and everything else after it', async () => {
    const received: Buffer[] = [];
    let server: Socket | undefined;
    const sent = { octets: 0 };
    const client = await clientOf(
      opened((socket) => {
        server = socket.on('data', (chunk) => void received.push(chunk));
        socket.pause();
      }),
      {
        observe: ({ direction, bytes }) => {
          if (direction === 'sent') sent.octets += bytes.length;
        },
      },
    );
    await client.sees('response');
    const message = randomBytes(32 * 1_048_576);
    client.connection.sendMessage(message, { type: 'binary' });
    client.connection.sendFrame({ opcode: opcode.ping, payload: Buffer.from('behind it') });
    // What the kernel takes, and little more.
    expect(sent.octets).toBeLessThan(16 * 1_048_576);
    const flushed = client.connection.flushed();
    server?.resume();
    await flushed;
    client.connection.end();
    if (server) await once(server, 'end');
    const frames: Frame[] = [];
    new FrameParser({ onFrame: (one) => void frames.push(one) }).write(Buffer.concat(received));
    expect(frames.map(({ opcode: code }) => code)).toEqual([opcode.binary, opcode.ping]);
    expect(frames[0]?.payload.equals(message)).toBe(true);
  });

  it('tells what had begun when it ended', async () => {
    const cut = acceptance().subarray(0, 40);
    const inHead = await clientOf((socket) => socket.once('data', () => socket.end(cut)));
    expect((await inHead.sees('ended')).unfinished).toBe('the beginning of an answer (40 octets)');
    const inFrame = await clientOf(opened((socket) => socket.end(hello.subarray(0, 4))));
    expect((await inFrame.sees('ended')).unfinished).toBe(
      'the beginning of a frame (2 of 5 octets of its payload)',
    );
    const between = await clientOf(opened((socket) => socket.end(hello)));
    expect(await between.sees('ended')).not.toHaveProperty('unfinished');
  });

  it('sends everything before flushed() resolves, however little waits', async () => {
    const received = { octets: 0 };
    let server: Socket | undefined;
    const client = await clientOf(
      opened((socket) => {
        server = socket;
        socket.pause();
        socket.on('data', (chunk) => {
          received.octets += chunk.length;
        });
        socket.pause();
      }),
    );
    await client.sees('response');
    const large = Buffer.alloc(16 * 1_048_576);
    client.connection.write(large);
    client.connection.write(Buffer.alloc(10));
    const flushed = client.connection.flushed();
    server?.resume();
    await flushed;
    client.connection.end();
    if (server) await once(server, 'end');
    expect(received.octets).toBe(large.length + 10);
  });

  it('tells an abort from an end of the server', async () => {
    const abort = new AbortController();
    const client = await clientOf(
      opened(() => undefined),
      { signal: abort.signal },
    );
    await client.sees('response');
    abort.abort(new Error('enough'));
    expect(await client.sees('ended')).toMatchObject({ how: 'error', error: { message: 'enough' } });
  });

  it('rejects when it is aborted before it is open, and when nobody listens', async () => {
    const server = await startScriptedServer(() => undefined);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(WatchedConnection.connect(server.port, { signal })).rejects.toThrow('enough');
    server.close();
    await expect(WatchedConnection.connect(server.port)).rejects.toThrow('ECONNREFUSED');
  });
});
