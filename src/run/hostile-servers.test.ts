import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { SaxesParser } from 'saxes';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../record/record.schema.ts';
import { junitXml } from '../report/junit.ts';
import { loadSuites, type Suites } from '../suite/load-suites.ts';
import type { TargetDefinition } from '../target/load-target.ts';
import type { TargetFile } from '../target/target.schema.ts';
import { acceptFor } from '../websocket/handshake.ts';
import { serverFrame } from '../websocket/scripted-server.ts';
import { run } from './run.ts';

let suites: Suites;
beforeAll(async () => {
  suites = await loadSuites();
});

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** What a server does with a connection whose first octets have come. */
type Script = (socket: Socket, first: string) => void;

/** A server that behaves while it is probed, and then does what its script says. */
class Turncoat {
  readonly port: number;
  #script: Script;
  #isHasty = false;

  private constructor(port: number, script: Script) {
    this.port = port;
    this.#script = script;
  }

  static async start(decent: Script): Promise<Turncoat> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      if (turncoat.#isHasty) return turncoat.#script(socket, '');
      socket.once('data', (first) => turncoat.#script(socket, first.toString('latin1')));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const turncoat = new Turncoat((server.address() as AddressInfo).port, decent);
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return turncoat;
  }

  /** A hasty script gets connections as they come, before their first octets. */
  turn(script: Script, isHasty: boolean): void {
    this.#script = script;
    this.#isHasty = isHasty;
  }
}

/** Writes for as long as the other side takes it, or so many times. */
function flood(socket: Socket, octets: Buffer | string, times = Number.POSITIVE_INFINITY): void {
  const chunk = Buffer.from(octets as string);
  let left = times;
  const write = () => {
    while (!socket.destroyed && left-- > 0 && socket.write(chunk));
  };
  socket.on('drain', write);
  write();
}

/** Writes every octet by itself, and then calls back. */
function writeOneByOne(socket: Socket, octets: Buffer, then: () => void = () => undefined): void {
  const [octet, ...rest] = octets;
  if (octet === undefined) return then();
  socket.setNoDelay();
  socket.write(Buffer.from([octet]), () => setImmediate(writeOneByOne, socket, Buffer.from(rest), then));
}

/** More memory than this a hostile server cannot make a run take, in octets. */
const mostMemory = 512 * 1_048_576;
const dialect = fileURLToPath(new URL('../../containers/embedded/dialect.yaml', import.meta.url));

type Kind = keyof NonNullable<TargetFile['endpoints']>;

/** Plays one case against a server that turns hostile when the case begins. Returns what came of it. */
async function play(
  kinds: readonly Kind[],
  only: string,
  decent: Script,
  hostile: Script,
  verdict: string,
  isHasty = false,
): Promise<string> {
  const server = await Turncoat.start(decent);
  const target: TargetDefinition = {
    folder: '/',
    settings: {
      target: 'hostile',
      title: 'Hostile',
      product: { name: 'hostile' },
      start: { external: { host: '127.0.0.1' } },
      domain: 'localhost',
      endpoints: Object.fromEntries(kinds.map((kind) => [kind, { port: server.port, ...ways[kind] }])),
      accounts: { list: [{ username: 'romeo', password: 'jul1et' }] },
    },
  };
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  try {
    const record = await run({
      target,
      suites,
      selection: { only: [only] },
      knownFailing: [],
      version: '0',
      // What ends by itself is waited for; silence is silence.
      patienceMs: /violation|unexpected|pass|beyond/.test(verdict) ? 20_000 : 200,
      signal: new AbortController().signal,
      reporters: [{ onRunStart: () => server.turn(hostile, isHasty) }],
    });
    const found = verdictOf(record);
    expect(found.slice(0, verdict.length)).toBe(verdict);
    return found;
  } finally {
    clearInterval(watch);
    expect(peak - before).toBeLessThan(mostMemory);
  }
}

const ways: { [kind in Kind]?: object } = {
  xmpp: { tls: 'none' },
  'xmpp-websocket': { path: '/' },
  websocket: { path: '/', echo: true },
  chat: { path: '/', dialect },
};

/** The one case of a run, with what a person reads of it; its report is valid XML whatever the server sent. */
function verdictOf(record: RunRecord): string {
  new SaxesParser().write(junitXml(record)).close();
  expect(record.cases).toHaveLength(1);
  const [one] = record.cases;
  return `${one?.verdict}, ${one?.failure?.kind}: ${one?.failure?.message}`;
}

const header =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='localhost' id='s' version='1.0' xml:lang='en'>";
const openedStream = `${header}<stream:features/>`;

describe('XMPP', () => {
  const decent: Script = (socket) => {
    socket.write(openedStream);
    socket.once('data', () => socket.end());
  };
  const body = (text: string) => `<message><body>${text}</body></message>`;
  /** Opens the stream and then does something. */
  const opening =
    (then: Script): Script =>
    (socket, first) => {
      socket.write(openedStream);
      socket.once('data', () => then(socket, first));
    };

  it.each<[string, Script, string]>([
    ['never answers', () => undefined, 'inconclusive, setup: Opening the stream: expected'],
    ['ends inside the header', (socket) => socket.end(header.slice(0, 60)), 'inconclusive, setup: '],
    ['says nothing more', opening(() => undefined), 'fail, silence: within 200 ms nothing came'],
    [
      'sends white space without end',
      opening((socket) => flood(socket, ' '.repeat(65_536))),
      'fail, silence: ',
    ],
    [
      'sends an attribute of 50 MB',
      opening((socket) => {
        socket.write("<a b='");
        socket.write('x'.repeat(50_000_000));
      }),
      'fail, violation: the server sent There are 4',
    ],
    [
      'sends a reference without end',
      opening((socket) => {
        socket.write('<message><body>&');
        flood(socket, 'a'.repeat(1_000));
      }),
      'fail, violation: the server sent The XML is not well-formed: an & that begins no reference',
    ],
    [
      'nests 100000 elements',
      opening((socket) => socket.write('<a>'.repeat(100_000))),
      'fail, violation: the server sent There are 129 elements open at once',
    ],
    [
      'sends stanzas without end',
      opening((socket) => flood(socket, '<message/>'.repeat(6_000))),
      'fail, violation: the server sent more than a client can keep',
    ],
    [
      'sends control characters',
      opening((socket) => socket.write(body('\x1b]0;evil\x07'))),
      'fail, violation: the server sent The XML is not well-formed',
    ],
    ['resets', opening((socket) => socket.resetAndDestroy()), 'fail, closed: the server '],
  ])('gets a verdict in time from a server that %s', async (_what, hostile, verdict) => {
    await play(['xmpp'], 'rfc6120/stream-closing/closing-when-connected', decent, hostile, verdict);
  });
});

/** A frame of a server, with a payload of fewer than 126 octets. */
function frame(first: number, payload: string | Buffer = ''): Buffer {
  const octets = Buffer.from(payload as string);
  return Buffer.concat([Buffer.from([first, octets.length]), octets]);
}

function acceptance(request: string, fields = ''): string {
  const key = /^sec-websocket-key: *(\S+)/im.exec(request)?.[1] ?? '';
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n${fields}\r\n`;
}

describe('XMPP over WebSocket', () => {
  const framing = "xmlns='urn:ietf:params:xml:ns:xmpp-framing'";
  const open: Script = (socket, request) => {
    socket.write(acceptance(request, 'Sec-WebSocket-Protocol: xmpp\r\n'));
    socket.once('data', () => {
      socket.write(frame(0x81, `<open ${framing} from='localhost' id='s' version='1.0'/>`));
      socket.write(frame(0x81, "<features xmlns='http://etherx.jabber.org/streams'/>"));
    });
  };
  const opening =
    (then: Script): Script =>
    (socket, first) => {
      open(socket, first);
      socket.once('data', () => socket.once('data', () => then(socket, first)));
    };
  /** At the same port XMPP over TCP is spoken, which makes the server one of XMPP. */
  const decent: Script = (socket, first) => {
    if (first.startsWith('GET')) return opening((opened) => opened.end())(socket, first);
    socket.write(openedStream);
    socket.once('data', () => socket.end());
  };

  it.each<[string, Script, string]>([
    ['never answers', () => undefined, 'inconclusive, setup: nothing came within 200 ms'],
    [
      'sends a header field without end',
      (socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nA: ');
        flood(socket, 'a'.repeat(65_536));
      },
      'inconclusive, setup: The WebSocket is not opened: ',
    ],
    [
      'sends pings, and reads no pongs',
      opening((socket) => {
        socket.pause();
        flood(socket, Buffer.alloc(127 * 500, frame(0x89, 'x'.repeat(125))));
      }),
      'fail, silence: ',
    ],
    [
      'sends fragments without end',
      opening((socket) => {
        socket.write(frame(0x01));
        flood(socket, Buffer.alloc(60_000, frame(0x00)));
      }),
      'fail, violation: the server sent a WebSocket frame that cannot be taken: Too many',
    ],
    [
      'sends a message without end',
      opening((socket) => {
        socket.write(Buffer.from('817f0000000010000000', 'hex'));
        flood(socket, 'x'.repeat(65_536));
      }),
      'fail, violation: the server sent a WebSocket frame that cannot be taken: Max payload size exceeded',
    ],
  ])('gets a verdict in time from a server that %s', async (_what, hostile, verdict) => {
    await play(
      ['xmpp', 'xmpp-websocket'],
      'rfc7395/framing/closing-when-connected',
      decent,
      hostile,
      verdict,
    );
  });
});

describe('WebSocket', () => {
  const decent: Script = (socket, request) => void socket.write(acceptance(request));
  const opening =
    (then: Script): Script =>
    (socket, first) => {
      decent(socket, first);
      socket.once('data', () => then(socket, first));
    };
  const megabyte = Buffer.concat([Buffer.from('827f0000000000100000', 'hex'), Buffer.alloc(1_048_576)]);

  it.each<[string, Script, string]>([
    ['never answers', () => undefined, 'inconclusive, setup: within 200 ms nothing came'],
    [
      'sends a header block of 10 MB',
      (socket) => void socket.write(`HTTP/1.1 101 OK\r\nA: ${'a'.repeat(10_000_000)}\r\n\r\n`),
      'inconclusive, setup: the server went beyond the limits of section 10.4: the head of the message is longer than 65536 octets',
    ],
    [
      'sends header fields of 1 GB',
      (socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\n');
        flood(socket, 'X-Filler: x\r\n'.repeat(10_000), 1_000_000_000 / 130_000);
      },
      'inconclusive, setup: the server went beyond the limits of section 10.4: the head of the message is longer than',
    ],
    [
      'sends interim answers without end',
      (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(2_000)),
      'inconclusive, setup: the server went beyond the limits of section 10.4: more than 1048576 octets of interim answers',
    ],
    [
      'ends inside its answer',
      (socket, request) => socket.end(acceptance(request).slice(0, 40)),
      'inconclusive, setup: what came was the end of the connection after the beginning of an answer (40 octets)',
    ],
    [
      'stops inside its answer',
      (socket, request) => void socket.write(acceptance(request).slice(0, 40)),
      'inconclusive, setup: within 200 ms what came was the beginning of an answer (40 octets)',
    ],
    [
      'sends header fields without end',
      (socket) => flood(socket, `HTTP/1.1 101 OK\r\n${'A: b\r\n'.repeat(10_000)}`),
      'inconclusive, setup: the server went beyond the limits of section 10.4: ',
    ],
    [
      'resets before its answer',
      (socket) => socket.resetAndDestroy(),
      'inconclusive, setup: what came was a reset of the connection',
    ],
    [
      'resets inside its answer',
      (socket, request) => {
        socket.write(acceptance(request).slice(0, 40), () => socket.resetAndDestroy());
      },
      'inconclusive, setup: what came was a reset of the connection',
    ],
    [
      'resets inside a frame',
      opening((socket) => socket.write(Buffer.from('8805', 'hex'), () => socket.resetAndDestroy())),
      'fail, closed: a reset of the connection',
    ],
    [
      'resets inside a message',
      opening((socket) => socket.write(frame(0x01, 'Hel'), () => socket.resetAndDestroy())),
      'fail, closed: a reset of the connection',
    ],
    [
      'resets after its close frame',
      opening((socket) => socket.write(frame(0x88), () => socket.resetAndDestroy())),
      'pass, undefined: ',
    ],
    [
      'writes its answer and its close frame octet by octet',
      (socket, request) => {
        writeOneByOne(socket, Buffer.from(acceptance(request)));
        socket.once('data', () => writeOneByOne(socket, Buffer.from('880203e8', 'hex'), () => socket.end()));
      },
      'pass, undefined: ',
    ],
    [
      'writes a message octet by octet, and no more of it than half',
      opening((socket) => writeOneByOne(socket, frame(0x81, 'x'.repeat(100)).subarray(0, 52))),
      'fail, silence: within 200 ms no close frame answered',
    ],
    [
      'never answers a close frame',
      opening(() => undefined),
      'fail, silence: within 200 ms no close frame answered',
    ],
    [
      'sends pings without end',
      opening((socket) => flood(socket, Buffer.alloc(60_000, frame(0x89)))),
      'fail, unexpected: more than a client can keep',
    ],
    [
      'announces a frame of 2 to the 63 octets',
      opening((socket) => void socket.write(Buffer.from('827f8000000000000000', 'hex'))),
      'fail, violation: the server broke section 5.2: the top bit of a 64-bit length is set',
    ],
    [
      'announces the longest frame there is',
      opening((socket) => void socket.write(Buffer.from('827f7fffffffffffffff', 'hex'))),
      'fail, violation: the server went beyond the limits of section 10.4: a frame announces',
    ],
    [
      'sends tiny frames without end',
      opening((socket) => flood(socket, Buffer.alloc(60_000, frame(0x8a)))),
      'fail, unexpected: more than a client can keep',
    ],
    ['sends large messages without end', opening((socket) => flood(socket, megabyte)), 'fail, '],
    [
      'announces a frame of 256 MB',
      opening((socket) => void socket.write(Buffer.from('827f0000000010000000', 'hex'))),
      'fail, violation: the server went beyond the limits of section 10.4: a frame announces 268435456 octets',
    ],
    [
      'sends control characters',
      opening((socket) => socket.end(frame(0x81, '\x1b[2J\x07\0\x08\x7f'))),
      'fail, unexpected: ',
    ],
    ['resets', opening((socket) => socket.resetAndDestroy()), 'fail, closed: '],
  ])('gets a verdict in time from a server that %s', async (_what, hostile, verdict) => {
    await play(['websocket'], 'rfc6455/closing/close-is-answered', decent, hostile, verdict);
  });

  it('gets a verdict from a server that resets connections as they come', async () => {
    const hostile: Script = (socket) => socket.resetAndDestroy();
    const only = 'rfc6455/closing/close-is-answered';
    const found = await play(['websocket'], only, decent, hostile, 'inconclusive, setup: ', true);
    // It may be noticed while TCP is opened, or later.
    expect(found).toMatch(/connect ECONNRESET|what came was a reset of the connection/);
  });

  it('gets a verdict in time from a server that sends pings without end where messages are exchanged', async () => {
    const hostile = opening((socket) => flood(socket, Buffer.alloc(60_000, frame(0x89))));
    const before = process.cpuUsage();
    const verdict = 'fail, unexpected: more than a client can keep';
    await play(
      ['websocket'],
      'rfc6455/many-messages/thousand-text-messages-of-16-octets',
      decent,
      hostile,
      verdict,
    );
    // Each ping is looked at once, however many wait: that takes a second.
    expect(process.cpuUsage(before).user).toBeLessThan(10_000_000);
  });

  it('gets a verdict from a server whose few octets inflate to more than is kept', async () => {
    const compressing: Script = (socket, request) =>
      void socket.write(acceptance(request, 'Sec-WebSocket-Extensions: permessage-deflate\r\n'));
    const bomb = deflateRawSync(Buffer.alloc(100 * 1_048_576));
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bomb.length));
    const hostile: Script = (socket, request) => {
      compressing(socket, request);
      socket.once('data', () => socket.write(Buffer.concat([Buffer.from([0xc2, 127]), length, bomb])));
    };
    const only = 'rfc7692/messages/compressed-binary';
    const verdict =
      'fail, violation: the server went beyond the limits of section 10.4: compressed data: it inflates to more than';
    await play(['websocket'], only, compressing, hostile, verdict);
  });
});

describe('chat', () => {
  const decent: Script = (socket, request) =>
    void socket.write(acceptance(request, 'Sec-WebSocket-Protocol: chat.touchstone\r\n'));
  const opening =
    (then: Script): Script =>
    (socket, first) => {
      decent(socket, first);
      socket.once('data', () => then(socket, first));
    };

  it.each<[string, Script, string]>([
    ['never answers', () => undefined, 'inconclusive, setup: the server did not answer'],
    ['says nothing more', opening(() => undefined), 'inconclusive, setup: the server did not answer'],
    [
      'answers with no JSON',
      opening((socket) => void socket.write(frame(0x81, '{"op":'))),
      'inconclusive, setup: the server did not answer',
    ],
    [
      'sends pings, and reads no pongs',
      opening((socket) => {
        socket.pause();
        flood(socket, Buffer.alloc(127 * 500, frame(0x89, 'x'.repeat(125))));
      }),
      'inconclusive, setup: the server did not answer',
    ],
    [
      'nests 200000 arrays',
      opening((socket) => {
        const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
        socket.write(serverFrame({ text: `{"op":"message","seq":1,"from":"x","text":${nested}}` }));
      }),
      'inconclusive, setup: the server did not answer',
    ],
    [
      'sends a message without end',
      opening((socket) => {
        socket.write(Buffer.from('817f0000000010000000', 'hex'));
        flood(socket, 'x'.repeat(65_536));
      }),
      'inconclusive, setup: the connection was lost',
    ],
    [
      'sends messages without end',
      opening((socket) => flood(socket, Buffer.alloc(18 * 3_000, frame(0x81, '{"op":"message"}')))),
      'inconclusive, setup: the server did not answer',
    ],
  ])('gets a verdict in time from a server that %s', async (_what, hostile, verdict) => {
    await play(['chat'], 'messaging/authentication/right-password', decent, hostile, verdict);
  });
});
