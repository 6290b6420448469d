import { once } from 'node:events';
import {
  connect as connectHttp2,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect, createServer as createTcp } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { dialHttp2 } from './dial-http2.ts';
import { encodeFields, FieldDecoder } from './hpack.ts';
import { Http2Session } from './http2-session.ts';
import type { Http2Stream } from './http2-stream.ts';
import { decodeHuffman } from './huffman.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The HTTP/2 of Node.js as the server. */
async function nodeServer(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<number> {
  const server: Http2Server = createServer({ settings: { enableConnectProtocol: true } });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    onStream(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function client(port: number, settings = {}) {
  const wire = await dialHttp2({ host: '127.0.0.1', port, settings });
  closers.push(() => {
    wire.session.destroy();
    wire.tcp.destroy();
  });
  return wire;
}

function open(stream: Http2Stream, ...more: [string, string][]): void {
  stream.sendFields([
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'localhost'],
    ...more,
  ]);
}

async function fieldsOf(stream: Http2Stream): Promise<[string, string][]> {
  const [fields] = await once(stream, 'fields');
  return fields;
}

async function allOf(stream: Http2Stream, octets: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream) {
    parts.push(part);
    size += part.length;
    if (size >= octets) break;
  }
  return Buffer.concat(parts);
}

describe('against the HTTP/2 of Node.js, as a client', () => {
  it('reads header fields from every table, in the Huffman code and without', async () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
    const sent: Record<string, string> = {
      etag: printable.trim(),
      via: '0123456789'.repeat(20),
      'x-own': '{}|~^`<>\\'.repeat(9),
    };
    const port = await nodeServer((stream) => stream.respond({ ':status': 200, ...sent }));
    const { session } = await client(port);
    // The second answer refers to what the first has put into the table.
    for (let round = 0; round < 2; round++) {
      const stream = session.newStream();
      open(stream);
      const fields = Object.fromEntries(await fieldsOf(stream));
      expect(fields).toMatchObject({ ':status': '200', ...sent });
    }
  });

  it('learns the settings', async () => {
    const { session } = await client(await nodeServer(() => undefined));
    expect(session.peer.get('ENABLE_CONNECT_PROTOCOL')).toBe(1);
  });

  it.each([10, 65_535])('carries a megabyte each way through windows of %i octets', async (window) => {
    const port = await nodeServer((stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const { session } = await client(port, { INITIAL_WINDOW_SIZE: window });
    const stream = session.newStream();
    open(stream);
    await fieldsOf(stream);
    const octets = Buffer.alloc(window < 100 ? 20_000 : 1_048_576, 'touchstone');
    stream.end(octets);
    expect((await allOf(stream, Infinity)).equals(octets)).toBe(true);
  });

  it('sends header blocks of several frames', async () => {
    const long = 'x'.repeat(40_000);
    const port = await nodeServer((stream, headers) =>
      stream.respond({ ':status': 200, 'x-length': String(headers['x-long']).length }),
    );
    const { session } = await client(port);
    const stream = session.newStream();
    open(stream, ['x-long', long]);
    expect(await fieldsOf(stream)).toContainEqual(['x-length', '40000']);
  });

  it('tells the reset of a stream from its end', async () => {
    const port = await nodeServer((stream, headers) => {
      stream.respond({ ':status': 200 });
      if (headers['x-how'] === 'reset') stream.destroy(new Error('broken'));
      else stream.end();
    });
    const { session } = await client(port);
    const [ended, reset] = [session.newStream(), session.newStream()];
    open(ended, ['x-how', 'end']);
    ended.resume();
    await once(ended, 'end');
    open(reset, ['x-how', 'reset']);
    const [error] = await once(reset, 'error');
    expect(error).toMatchObject({ name: 'StreamReset', reason: 'INTERNAL_ERROR' });
  });

  it('ends at once a stream that is to open on a connection that is over', async () => {
    const port = await nodeServer((stream) => stream.respond({ ':status': 200 }));
    const { session } = await client(port);
    const early = session.newStream();
    session.destroy();
    const ended = once(early, 'error');
    open(early);
    const [error] = await ended;
    expect(error).toMatchObject({ message: 'the HTTP/2 connection is over' });
  });

  it('resets a stream with CANCEL, which the others survive', async () => {
    const codes: number[] = [];
    const port = await nodeServer((stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
      stream.on('close', () => codes.push(stream.rstCode ?? -1));
    });
    const { session } = await client(port);
    const [one, two] = [session.newStream(), session.newStream()];
    open(one);
    open(two);
    await Promise.all([fieldsOf(one), fieldsOf(two)]);
    one.reset();
    two.end('still here');
    expect(String(await allOf(two, Infinity))).toBe('still here');
    expect(codes).toContain(8);
  });
});

it('serves the HTTP/2 of Node.js', async () => {
  const server = createTcp((socket) => {
    new Http2Session(socket, {
      role: 'server',
      settings: { ENABLE_CONNECT_PROTOCOL: 1 },
      onStream: (stream, fields) => {
        stream.sendFields([[':status', '200'], ...fields.filter(([name]) => name.startsWith('x-'))]);
        stream.pipe(stream);
      },
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closers.push(() => session.destroy());
  const [settings] = await once(session, 'remoteSettings');
  expect(settings).toMatchObject({ enableConnectProtocol: true });
  const octets = Buffer.alloc(300_000, 'touchstone');
  for (const value of ['first', 'second']) {
    const request = session.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': '/',
      'x-value': value,
    });
    const [headers] = await once(request, 'response');
    expect(headers).toMatchObject({ ':status': 200, 'x-value': value });
    request.end(octets);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    expect(Buffer.concat(parts).equals(octets)).toBe(true);
  }
});

describe('header fields', () => {
  it('come back as they were', () => {
    const fields: [string, string][] = [
      [':status', '200'],
      ['x-empty', ''],
      ['x-long', 'a'.repeat(5_000)],
      ['x-latin', '\xe9\xff'],
    ];
    expect(new FieldDecoder().decode(encodeFields(fields))).toEqual(fields);
  });

  it.each([
    ['a field that no table holds', 'ff 80 01'],
    ['a number without end', 'ff ff ff ff ff ff ff ff'],
    ['a text that ends too soon', '00 05 61'],
    ['a name that ends too soon', '00'],
    ['padding of zeros', '00 01 61 81 00'],
    ['a table larger than it may be', '3f ff 7f'],
    ['a table changed in the middle', '82 20'],
    ['the end of a string as a symbol', '00 01 61 84 ff ff ff ff'],
  ])('are refused with %s', (_what, hex) => {
    expect(() => new FieldDecoder().decode(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toThrow(
      expect.objectContaining({ name: 'Http2Error', code: 'COMPRESSION_ERROR' }),
    );
  });

  it('are refused where a few octets stand for too many', () => {
    const decoder = new FieldDecoder();
    const big = Buffer.concat([Buffer.from('4001617fa11e', 'hex'), Buffer.alloc(4_000, 'x')]);
    expect(decoder.decode(big)).toHaveLength(1);
    expect(() => decoder.decode(Buffer.alloc(10_000, 0xbe))).toThrow('longer than');
  });

  it('decode as RFC 7541 appendix C.4 has them', () => {
    const coded = [
      ['f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com'],
      ['a8eb10649cbf', 'no-cache'],
      ['25a849e95bb8e8b4bf', 'custom-value'],
    ];
    for (const [hex = '', text] of coded) expect(String(decodeHuffman(Buffer.from(hex, 'hex')))).toBe(text);
  });
});

describe('a hostile server', () => {
  const settings = '000000040000000000';
  /** What the server sends at once, and when a stream is open, and what comes of it. */
  async function outcome(hex: string, later = ''): Promise<string> {
    const octetsOf = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
    let answer: () => void = () => undefined;
    const server = createTcp((socket) => {
      socket.on('error', () => undefined).resume();
      socket.write(octetsOf(hex));
      answer = () => socket.write(octetsOf(later));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    try {
      const wire = await client((server.address() as AddressInfo).port);
      const stream = wire.session.newStream();
      open(stream);
      answer();
      const [error] = await once(stream, 'error');
      return error.message;
    } catch (error) {
      return (error as Error).message;
    }
  }

  it.each([
    ['no SETTINGS first', '000008 06 00 00000000 0000000000000000', 'the first frame is not SETTINGS'],
    ['HTTP/1.1', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex'), /too long/],
    ['a setting of 2', '000006 04 00 00000000 0008 00000002', 'SETTINGS_ENABLE_CONNECT_PROTOCOL is 2'],
    [
      'a setting taken back',
      '00000c 04 00 00000000 0008 00000001 0008 00000000',
      'SETTINGS_ENABLE_CONNECT_PROTOCOL went back from 1 to 0',
    ],
    ['GOAWAY at once', `${settings} 000008 07 00 00000000 00000000 00000000`, 'GOAWAY with NO_ERROR'],
    ['PUSH_PROMISE', `${settings} 000004 05 04 00000001 00000002`, /PUSH_PROMISE/],
    ['DATA on a stream that nobody opened', `${settings} 000001 00 00 00000063 00`, /never opened/],
    ['SETTINGS of a wrong length', '000005 04 00 00000000 0000000000', /wrong length/],
    ['a frame of 16 MiB', `${settings} ffffff 00 00 00000001`, /too long/],
    [
      'a header block that does not end',
      `${settings} 000000 01 00 00000001 ${'000000 09 00 00000001'.repeat(70)}`,
      /does not end/,
    ],
    ['frames without end', settings.repeat(20_002), /idle frames/],
    ['a window opened by nothing', `${settings} 000004 08 00 00000000 00000000`, /by nothing/],
    ['a window opened too far', `${settings} ${'000004 08 00 00000000 7fffffff'.repeat(2)}`, /too far/],
  ])('is refused with %s', async (_what, hex, text) => {
    expect(await outcome(hex)).toMatch(text);
  });

  it.each([
    ['padding without end', '000002 00 08 00000001 0100'.repeat(20_002), /idle frames/],
    [
      'SETTINGS that open a window too far',
      '000004 08 00 00000001 7fff0000 000006 04 00 00000000 0004 7fffffff',
      /too far/,
    ],
  ])('is refused with %s', async (_what, hex, text) => {
    expect(await outcome(settings, hex)).toMatch(text);
  });

  it('that opens windows octet by octet and reads nothing gets no more than fits', async () => {
    const server = createTcp((socket) => {
      socket.on('error', () => undefined).resume();
      // INITIAL_WINDOW_SIZE is 0.
      socket.write(Buffer.from('000006040000000000000400000000', 'hex'));
      socket.once('data', () => setImmediate(() => socket.write(Buffer.concat(Array(50_000).fill(update)))));
    });
    const update = Buffer.from('00000408000000000100000001', 'hex');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const received = { octets: 0 };
    const wire = await dialHttp2({
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      observe: ({ direction, bytes }) => {
        if (direction === 'received') received.octets += bytes.length;
      },
    });
    closers.push(() => wire.tcp.destroy());
    // As though TCP took nothing more.
    wire.tcp.cork();
    const stream = wire.session.newStream();
    open(stream);
    stream.write(Buffer.alloc(100_000));
    while (received.octets < 50_000 * update.length) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(wire.tcp.writableLength).toBeLessThan(100_000);
    let sent = 0;
    wire.tcp.uncork();
    while (sent < wire.tcp.bytesWritten) {
      sent = wire.tcp.bytesWritten;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // A head of 9 octets for each: what the windows let pass went out when TCP took it.
    expect(sent).toBeGreaterThan(50_000 + 9);
    wire.session.destroy();
  });

  it('that says nothing is given up when the signal says so', async () => {
    const server = createTcp((socket) => socket.on('error', () => undefined).resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const ending = new AbortController();
    const opening = dialHttp2({ host: '127.0.0.1', port }, ending.signal);
    server.once('connection', () => ending.abort(new Error('enough')));
    await expect(opening).rejects.toThrow('enough');
  });
});

it('a client that does not begin with the preface is cut off', async () => {
  const server = createTcp((socket) => {
    new Http2Session(socket, { role: 'server' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  closers.push(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\n\r\n');
  socket.resume();
  await once(socket, 'end');
});
