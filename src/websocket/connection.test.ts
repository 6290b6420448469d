import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ServerOptions, WebSocketServer, type WebSocket as WsSocket } from 'ws';
import { CertificateAuthority, type IssuedCertificate } from '../network/certificate-authority.ts';
import type { WebSocketOptions } from './connection.ts';
import { opcode } from './frame.ts';
import { opened, requestTo, startScriptedServer, WatchedConnection } from './scripted-server.ts';

const leftovers: (() => void)[] = [];
afterEach(() => {
  for (const tidy of leftovers.splice(0).reverse()) tidy();
});

let authority: CertificateAuthority;
let certificate: IssuedCertificate;
beforeAll(async () => {
  authority = await CertificateAuthority.create();
  certificate = await authority.issueServer(['localhost']);
});

/** `ws`, which sends back every message; and what it was told. */
async function echo(options: ServerOptions = {}): Promise<{ port: number; peers: WsSocket[] }> {
  const peers: WsSocket[] = [];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  server.on('connection', (peer) => {
    peers.push(peer);
    peer.on('error', () => undefined);
    peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }));
  });
  await once(server, 'listening');
  leftovers.push(() => {
    for (const peer of server.clients) peer.terminate();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, peers };
}

async function open(
  port: number,
  options: Partial<WebSocketOptions> = {},
  ...headers: [name: string, value: string][]
): Promise<WatchedConnection> {
  const watched = await WatchedConnection.open(port, options, ...headers);
  leftovers.push(() => watched.connection.destroy());
  await watched.sees('response');
  return watched;
}

describe('with ws', () => {
  const messages = [
    Buffer.alloc(0),
    Buffer.from('Hello'),
    ...[125, 126, 65_535, 65_536, 1_000_000].map((size) => randomBytes(size)),
  ];

  it('messages of all sizes come back, whole, in fragments and in slices', async () => {
    const { port } = await echo({ perMessageDeflate: false });
    const watched = await open(port);
    for (const payload of messages) {
      watched.connection.sendMessage(payload, { type: 'binary' });
      watched.connection.sendMessage(payload, { type: 'binary', fragmentsOf: 1_000 });
    }
    for (const [index, payload] of messages.entries())
      for (const number of [2 * index + 1, 2 * index + 2]) {
        const message = await watched.sees('message', number);
        expect(message).toMatchObject({ type: 'binary', fragments: 1, compressed: false });
        expect(message.payload.equals(payload)).toBe(true);
      }
  });

  it.each([
    'permessage-deflate',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    'permessage-deflate; server_max_window_bits=9; client_max_window_bits=9',
    'permessage-deflate; server_max_window_bits=10; client_no_context_takeover',
  ])('messages are compressed both ways: %s', async (offer) => {
    const { port } = await echo({ perMessageDeflate: { threshold: 0 } });
    const watched = await open(port, {}, ['Sec-WebSocket-Extensions', offer]);
    expect(watched.connection.deflate).toBeDefined();
    const texts = ['', 'Hello', 'Hello', 'round and round '.repeat(10_000), 'κόσμε'];
    for (const text of texts) {
      watched.connection.sendMessage(Buffer.from(text), { type: 'text', compress: true });
      watched.connection.sendMessage(Buffer.from(text), { type: 'text', compress: true, fragmentsOf: 3 });
      watched.connection.sendMessage(Buffer.from(text), { type: 'text' });
    }
    for (let number = 1; number <= texts.length * 3; number++) {
      const message = await watched.sees('message', number);
      expect(message).toMatchObject({ type: 'text', compressed: true });
      expect(message.payload.toString()).toBe(texts[Math.floor((number - 1) / 3)]);
    }
    expect(watched.all('violation')).toEqual([]);
  });

  it('pings are answered both ways', async () => {
    const { port, peers } = await echo();
    const watched = await open(port);
    watched.connection.sendFrame({ opcode: opcode.ping, payload: Buffer.from('there?') });
    expect((await watched.sees('frame')).frame).toMatchObject({
      opcode: opcode.pong,
      payload: Buffer.from('there?'),
    });
    const [peer] = peers;
    peer?.ping('you?');
    if (peer) expect(String((await once(peer, 'pong'))[0])).toBe('you?');
  });

  it('the closing handshake is done whoever begins', async () => {
    const { port, peers } = await echo();
    const first = await open(port);
    first.connection.sendFrame({ opcode: opcode.close, payload: Buffer.from('0bb8627965', 'hex') });
    expect(await first.sees('close')).toMatchObject({ code: 3000, reason: 'bye' });
    expect(await first.sees('ended')).toMatchObject({ how: 'end' });
    expect(first.kinds).toEqual(['response', 'frame', 'close', 'ended']);
    const second = await open(port);
    const closed = once(peers[1] as WsSocket, 'close');
    peers[1]?.close(4000, 'over');
    expect(await second.sees('close')).toMatchObject({ code: 4000, reason: 'over' });
    expect((await closed)[0]).toBe(4000);
    await second.sees('ended');
  });

  it('nothing is answered where that is not wanted', async () => {
    const { port, peers } = await echo();
    const watched = await open(port, { autoPong: false, autoClose: false });
    const sent: Buffer[] = [];
    peers[0]?.on('pong', (data) => sent.push(data));
    peers[0]?.ping('you?');
    watched.connection.sendMessage(Buffer.from('Hello'), { type: 'text' });
    await watched.sees('message');
    peers[0]?.close(1000);
    await watched.sees('close');
    expect(sent).toEqual([]);
    expect(peers[0]?.readyState).toBe(2);
  });

  it.each([1, 2, 7])('what is written in slices of %d octets is understood', async (every) => {
    const { port } = await echo();
    const watched = await WatchedConnection.connect(port);
    leftovers.push(() => watched.connection.destroy());
    watched.connection.request(requestTo(port), { every });
    const payload = Buffer.from('Hello');
    watched.connection.sendFrames([{ opcode: opcode.text, payload }], { every });
    expect((await watched.sees('message')).payload).toEqual(payload);
  });

  it('every octet is observed, and a refusal is announced', async () => {
    const { port } = await echo();
    const observed = { sent: '', received: '' };
    const watched = await WatchedConnection.connect(port, {
      observe: ({ direction, bytes }) => {
        observed[direction] += bytes.toString('latin1');
      },
    });
    watched.connection.request({
      raw: Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    });
    expect((await watched.sees('response')).response).toMatchObject({ status: 426, version: '1.1' });
    await watched.sees('ended');
    expect(observed.sent).toBe('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(observed.received).toMatch(/^HTTP\/1\.1 426 .*Upgrade Required$/s);
  });
});

describe('over TLS', () => {
  const trusted = () => ({ ca: authority.certificate, servername: 'localhost' });

  it('talks with ws, in clear to whoever observes', async () => {
    const server = createServer({ cert: certificate.certificate, key: certificate.privateKey });
    const { port } = await new Promise<AddressInfo>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve(server.address() as AddressInfo)),
    );
    const service = new WebSocketServer({ server });
    service.on('connection', (peer) => peer.on('message', (data) => peer.send(data)));
    leftovers.push(() => {
      for (const peer of service.clients) peer.terminate();
      server.close();
    });
    const received: Buffer[] = [];
    const watched = await open(port, {
      tls: trusted(),
      observe: ({ direction, bytes }) => void (direction === 'received' && received.push(bytes)),
    });
    watched.connection.sendMessage(Buffer.from('Hello'), { type: 'binary' });
    expect((await watched.sees('message')).payload.toString()).toBe('Hello');
    expect(Buffer.concat(received).toString('latin1')).toMatch(/^HTTP\/1\.1 101 .*Hello$/s);
    expect(watched.connection.localPort).toBeGreaterThan(0);
    await watched.connection.flushed();
  });

  it.each([
    ['of an unknown authority', () => ({ servername: 'localhost' })],
    ['for another name', () => ({ ...trusted(), servername: 'other.example' })],
    ['for another address', () => ({ ca: authority.certificate })],
  ])('refuses a certificate %s', async (_what, tls) => {
    const options = { cert: certificate.certificate, key: certificate.privateKey };
    const server = await startScriptedServer(() => undefined, options);
    leftovers.push(() => server.close());
    await expect(WatchedConnection.connect(server.port, { tls: tls() })).rejects.toThrow(
      /certificate|altnames/,
    );
  });

  it('rejects when the server ends, or speaks no TLS, or the handshake is aborted', async () => {
    const ending = await startScriptedServer((socket) => socket.end());
    const plain = await startScriptedServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const abort = new AbortController();
    const silent = await startScriptedServer(() => abort.abort(new Error('enough')));
    leftovers.push(...[ending, plain, silent].map((server) => () => server.close()));
    const connect = (port: number, signal?: AbortSignal) =>
      WatchedConnection.connect(port, { tls: trusted(), ...(signal ? { signal } : {}) });
    await expect(connect(ending.port)).rejects.toThrow(/TLS|ended|ECONNRESET/);
    await expect(connect(plain.port)).rejects.toThrow(/SSL|TLS|wrong version/);
    await expect(connect(silent.port, abort.signal)).rejects.toThrow('enough');
  });
});

describe.each(['tcp', 'tls'] as const)('ending, by %s', (transport) => {
  /** A client and the server's end of its connection. */
  async function pair(): Promise<{ watched: WatchedConnection; far: Socket; ending: Promise<string> }> {
    let far: Socket | undefined;
    let ending: Promise<string> = Promise.resolve('');
    const server = await startScriptedServer(
      opened((socket) => {
        far = socket;
        ending = new Promise((resolve) => {
          socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
          // Node.js announces an end also where an RST came together with data; writing tells them apart.
          socket.on('end', () =>
            socket.write('?', (error) => resolve(error && 'code' in error ? String(error.code) : 'end')),
          );
        });
        socket.resume();
      }),
      transport === 'tls' ? { cert: certificate.certificate, key: certificate.privateKey } : undefined,
    );
    leftovers.push(() => server.close());
    const tls = { ca: authority.certificate, servername: 'localhost' };
    const watched = await open(server.port, transport === 'tls' ? { tls } : {});
    if (!far) throw new Error('nobody came');
    return { watched, far, ending };
  }

  it('with RST is seen as one, even where much waits to be sent', async () => {
    const { watched, far, ending } = await pair();
    far.pause();
    watched.connection.write(Buffer.alloc(32 * 1_048_576));
    watched.connection.reset();
    far.resume();
    expect(await ending).toBe('ECONNRESET');
    expect(watched.kinds).toEqual(['response']);
  });

  it('with FIN is seen as one, after all that was written', async () => {
    const { watched, far, ending } = await pair();
    let octets = 0;
    far.on('data', (chunk) => {
      octets += chunk.length;
    });
    watched.connection.write(Buffer.alloc(1_000_000));
    watched.connection.end();
    await watched.connection.flushed();
    expect(await ending).toBe('end');
    expect(octets).toBe(1_000_000);
    far.end();
    expect(await watched.sees('ended')).toMatchObject({ how: 'end' });
    watched.connection.write(Buffer.from('too late'));
    await watched.connection.flushed();
  });

  it('of the server is announced, however often the own end is ended', async () => {
    const { watched, far } = await pair();
    far.end();
    expect(await watched.sees('ended')).toMatchObject({ how: 'end' });
    watched.connection.end();
    watched.connection.reset();
    watched.connection.destroy();
    await watched.connection.flushed();
    expect(watched.kinds).toEqual(['response', 'ended']);
  });
});

it.each(['tcp', 'tls'])('by %s, a reset that comes together with data is told from an end', async (below) => {
  const hello = Buffer.from('810548656c6c6f', 'hex');
  for (const how of ['reset', 'end'] as const) {
    const server = await startScriptedServer(
      opened((socket, tcp) => {
        socket.once('data', () => {
          if (how === 'end') return void socket.end(hello);
          // Not by resetAndDestroy, which sends a FIN first.
          socket.write(hello, () => Object.assign(tcp, { resetAndClosing: true }).destroy());
        });
      }),
      below === 'tls' ? { cert: certificate.certificate, key: certificate.privateKey } : undefined,
    );
    leftovers.push(() => server.close());
    const tls = { ca: authority.certificate, servername: 'localhost' };
    const watched = await open(server.port, below === 'tls' ? { tls } : {});
    watched.connection.sendFrame({ opcode: opcode.ping, payload: Buffer.alloc(0) });
    expect(await watched.sees('ended')).toMatchObject({ how });
    expect(watched.kinds).toEqual(['response', 'frame', 'message', 'ended']);
  }
});

it.each([
  1, 1000,
])('what came before a reset is announced, though writes of %s octets fail first', async (every) => {
  let writeMore = () => {};
  const server = await startScriptedServer(
    opened((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from('810548656c6c6f', 'hex'));
        Object.assign(socket, { resetAndClosing: true }).destroy();
        writeMore();
      });
    }),
  );
  leftovers.push(() => server.close());
  const watched = await open(server.port);
  writeMore = () => watched.connection.write(Buffer.alloc(10), { every });
  watched.connection.sendFrame({ opcode: opcode.ping, payload: Buffer.alloc(0) });
  expect(await watched.sees('ended')).toMatchObject({ how: 'reset' });
  expect(watched.kinds).toEqual(['response', 'frame', 'message', 'ended']);
  await watched.connection.flushed();
});

it('by TCP, what the server sends after the own FIN is still announced', async () => {
  const server = await startScriptedServer(
    opened((socket) => {
      socket.on('end', () => socket.end(Buffer.from('810548656c6c6f', 'hex')));
      socket.resume();
    }),
  );
  leftovers.push(() => server.close());
  const watched = await open(server.port);
  watched.connection.end();
  expect((await watched.sees('message')).payload.toString()).toBe('Hello');
  await watched.sees('ended');
});
