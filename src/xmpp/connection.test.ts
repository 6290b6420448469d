import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  CertificateAuthority,
  type IssuedCertificate,
  wrongCertificates,
} from '../network/certificate-authority.ts';
import { XmppConnection, type XmppConnectionOptions, type XmppEvent } from './connection.ts';
import { type ScriptedPeer, ScriptedServer, type ScriptedServerOptions } from './scripted-server.ts';

let authority: CertificateAuthority;
let certificate: IssuedCertificate;
const leftovers: (() => unknown)[] = [];

beforeAll(async () => {
  authority = await CertificateAuthority.create();
  certificate = await authority.issueServer(['localhost']);
});

afterEach(async () => {
  for (const tidy of leftovers.splice(0).reverse()) await tidy();
});

interface Opened {
  connection: XmppConnection;
  events: XmppEvent[];
  /** What was seen in clear. */
  chunks: string[];
  /** Resolves with the first event of that kind. */
  seen(kind: XmppEvent['kind']): Promise<XmppEvent>;
}

/** A server with that script, and a connection to it. */
async function open(
  script: (peer: ScriptedPeer) => Promise<void> | void,
  options: Partial<XmppConnectionOptions> = {},
  serverOptions: ScriptedServerOptions = {},
): Promise<Opened> {
  const server = await ScriptedServer.start(script, serverOptions);
  leftovers.push(() => server.close());
  return openTo(server.port, options);
}

async function openTo(port: number, options: Partial<XmppConnectionOptions>): Promise<Opened> {
  const events: XmppEvent[] = [];
  const chunks: string[] = [];
  let wake = () => {};
  const connection = await XmppConnection.open({
    transport: 'tcp',
    host: '127.0.0.1',
    port,
    tls: { ca: authority.certificate, servername: 'localhost' },
    onEvent: (event) => {
      events.push(event);
      wake();
    },
    observe: ({ direction, bytes }) => chunks.push(`${direction} ${bytes}`),
    ...options,
  });
  leftovers.push(() => connection.destroy());
  const seen = async (kind: XmppEvent['kind']) => {
    for (;;) {
      const event = events.find((one) => one.kind === kind);
      if (event) return event;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { connection, events, chunks, seen };
}

const kinds = (events: XmppEvent[]) => events.map((event) => event.kind);

describe('a connection by TCP', () => {
  test('announces what comes in order', async () => {
    const { connection, events, chunks, seen } = await open(async (peer) => {
      await peer.open('<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>');
      peer.write('<message id="a"/><message id="b"/>');
      peer.write(
        "<stream:error><host-gone xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
      );
      peer.socket.end();
    });
    connection.openStream({ to: 'localhost', lang: 'en' });
    expect(await seen('ended')).toEqual({ kind: 'ended', how: 'end' });
    expect(kinds(events)).toEqual([
      'header',
      'features',
      'element',
      'element',
      'stream-error',
      'stream-end',
      'ended',
    ]);
    expect(events[3]).toMatchObject({ n: 3, facts: { prefix: '' } });
    expect(events[4]).toMatchObject({ condition: 'host-gone' });
    expect(connection.header?.get('id')).toBe('s');
    expect(connection.features?.elements).toHaveLength(1);
    expect(chunks[0]).toBe(
      "sent <?xml version='1.0'?><stream:stream to='localhost' version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    );
    expect(chunks.slice(1).join('')).toContain('received ');
  });

  test('takes no more than a bounded amount of elements, counting what each costs', async () => {
    const { connection, events, seen } = await open(
      async (peer) => {
        await peer.open();
        peer.write(`<message>${'<a/>'.repeat(1_000)}</message>`.repeat(10));
        peer.socket.end();
      },
      { largestTotal: 1_048_576 },
    );
    connection.openStream();
    await seen('ended');
    expect(kinds(events).filter((kind) => kind === 'element')).toHaveLength(4);
    expect(await seen('violation')).toMatchObject({
      condition: 'policy-violation',
      text: 'more than a client can keep: it sends without end',
    });
  });

  test('writes anything, sliced', async () => {
    const read: string[] = [];
    const { connection, chunks, seen } = await open(async (peer) => {
      read.push((await peer.open()).toXml());
      read.push((await peer.read()).toXml('jabber:client'));
      peer.socket.end();
    });
    connection.openStream({
      raw: "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' odd='1'>",
    });
    connection.write('<message>Żółć</message>', { every: 1 });
    await seen('ended');
    expect(read).toEqual([
      `<stream:stream xmlns:stream='http://etherx.jabber.org/streams' odd='1'/>`,
      '<message>Żółć</message>',
    ]);
    expect(chunks.filter((chunk) => chunk.startsWith('sent'))).toHaveLength(
      1 + Buffer.byteLength('<message>Żółć</message>'),
    );
  });

  test('reports a violation, and the end that follows it', async () => {
    const { connection, events, seen } = await open(async (peer) => {
      await peer.open();
      peer.write('<message/><!-- no --><message/>');
      peer.socket.end();
    });
    connection.openStream();
    await seen('ended');
    expect(kinds(events)).toEqual(['header', 'features', 'element', 'violation', 'ended']);
    expect(events[3]).toMatchObject({ condition: 'restricted-xml' });
  });

  test('tells a reset from an end', async () => {
    const { connection, seen } = await open(async (peer) => {
      await peer.read();
      peer.socket.resetAndDestroy();
    });
    connection.openStream();
    expect(await seen('ended')).toMatchObject({ how: 'reset' });
    connection.write('dropped');
    await connection.flushed();
  });

  test.each([
    'tcp',
    'tls',
  ] as const)('tells a reset that comes together with data from an end, by %s', async (below) => {
    for (const how of ['reset', 'end'] as const) {
      const { connection, events, seen } = await open(async (peer) => {
        await peer.open();
        if (below === 'tls') {
          await peer.read();
          await peer.secure(certificate);
          await peer.open();
        }
        await peer.read();
        const { socket, tlsSocket: top = socket } = peer;
        await new Promise((resolve) => top.write('<message/>', resolve));
        // Not by resetAndDestroy, which sends a FIN first.
        if (how === 'reset') Object.assign(socket, { resetAndClosing: true }).destroy();
        else top.end();
      });
      connection.openStream();
      await seen('features');
      if (below === 'tls') {
        connection.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await seen('element');
        await connection.startTls();
        events.length = 0;
        connection.openStream();
        await seen('features');
      }
      connection.write('<presence/>');
      expect(await seen('ended')).toMatchObject({ how });
      expect(kinds(events)).toEqual(['header', 'features', 'element', 'ended']);
    }
  });

  test('half-closes and still hears the server', async () => {
    const { connection, events, seen } = await open(async (peer) => {
      await peer.open();
      await peer.readEnd();
      peer.write('<message/>');
      peer.socket.end();
    });
    connection.openStream();
    await seen('features');
    connection.end();
    await seen('ended');
    expect(kinds(events)).toContain('element');
  });

  test.each(['tcp', 'tls'] as const)('resets, by %s', async (transport) => {
    let tell = (_how: unknown) => {};
    const ended = new Promise((resolve) => {
      tell = resolve;
    });
    const { connection, events, seen } = await open(
      async (peer) => {
        peer.socket
          .on('error', (error: NodeJS.ErrnoException) => tell(error.code))
          .on('end', () => tell('end'));
        await peer.open();
      },
      { transport },
      transport === 'tls' ? { certificate } : {},
    );
    connection.openStream();
    await seen('features');
    connection.reset();
    expect(await ended).toBe('ECONNRESET');
    expect(kinds(events)).not.toContain('ended');
    expect(connection.ended).toBe(true);
  });

  test('is destroyed when its signal aborts, and tells those who wait', async () => {
    const abort = new AbortController();
    const { connection } = await open((peer) => peer.readEnd(), { signal: abort.signal });
    const listener = connection.listen();
    abort.abort();
    expect(await listener.next()).toEqual({ kind: 'ended', how: 'local' });
    expect(await connection.listen().next()).toEqual({ kind: 'ended', how: 'local' });
  });

  test('does not open when it is refused or aborted', async () => {
    const server = await ScriptedServer.start(() => {});
    const { port } = server;
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(openTo(port, { signal })).rejects.toThrow('too late');
    await server.close();
    await expect(openTo(port, {})).rejects.toThrow('ECONNREFUSED');
  });

  test('ends a flood that nobody takes', async () => {
    const { connection, seen } = await open(async (peer) => {
      await peer.open();
      peer.write('<message/>'.repeat(20_000));
    });
    const listener = connection.listen();
    connection.openStream();
    await seen('element');
    while (!connection.ended) await new Promise(setImmediate);
    listener.stop();
  });

  test('lets the server wait while it is paused', async () => {
    const { connection, events, seen } = await open(async (peer) => {
      await peer.open();
      peer.write('<message/>');
      await peer.readEnd();
    });
    connection.pause();
    connection.openStream();
    await connection.flushed();
    expect(events).toEqual([]);
    connection.resume();
    await seen('element');
    connection.end();
  });
});

describe('a connection by TLS', () => {
  test('tells its facts and offers xmpp-client', async () => {
    const { connection, events, seen } = await open(
      (peer) => void peer.open(),
      { transport: 'tls' },
      { certificate },
    );
    expect(events[0]).toMatchObject({
      kind: 'tls',
      version: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/),
      alpn: 'xmpp-client',
      authorized: true,
      reason: undefined,
    });
    expect(namesOf(events[0])).toBe('DNS:localhost');
    connection.openStream();
    await seen('features');
    expect(connection.tlsSocket?.encrypted).toBe(true);
  });

  test.each([
    ['TLSv1.2', []],
    ['TLSv1.3', undefined],
  ] as const)('keeps to %s', async (version, alpn) => {
    const tls = {
      ca: authority.certificate,
      servername: 'localhost',
      minVersion: version,
      maxVersion: version,
    };
    const { events } = await open(
      () => {},
      { transport: 'tls', tls: { ...tls, ...(alpn && { alpn: [...alpn] }) } },
      { certificate },
    );
    expect(events[0]).toMatchObject({ version, alpn: alpn ? undefined : 'xmpp-client' });
  });

  test.each([
    ['another name', { names: ['elsewhere.example'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['the past', { names: ['localhost'], ...wrongCertificates.expired }, 'CERT_HAS_EXPIRED'],
    ['nobody', { names: ['localhost'], ...wrongCertificates['self-signed'] }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('refuses a certificate for %s and tells its facts', async (_name, { names, ...wrong }, reason) => {
    const other = await authority.issueServer(names, wrong);
    const heard: unknown[] = [];
    const server = await ScriptedServer.start(
      (peer) => void peer.socket.on('data', (bytes) => heard.push(bytes)),
      { certificate: other },
    );
    leftovers.push(() => server.close());
    const events: XmppEvent[] = [];
    const opening = openTo(server.port, { transport: 'tls', onEvent: (event) => events.push(event) });
    await expect(opening).rejects.toMatchObject({
      name: 'TlsVerificationError',
      facts: { authorized: false, reason },
    });
    expect(events).toMatchObject([{ kind: 'tls', authorized: false, reason }]);
    expect(namesOf(events[0])).toBe(`DNS:${names[0]}`);
    expect(heard).toEqual([]);
  });

  test('shows the certificate of the client', async () => {
    const client = await authority.issueClient('juliet@localhost');
    const shown: unknown[] = [];
    const { connection, seen } = await open(
      async (peer) => {
        shown.push(peer.tlsSocket?.getPeerCertificate().subject.CN);
        await peer.open();
      },
      {
        transport: 'tls',
        tls: {
          ca: authority.certificate,
          servername: 'localhost',
          certificate: client.certificate,
          key: client.privateKey,
        },
      },
      { certificate, clientAuthority: authority.certificate },
    );
    connection.openStream();
    await seen('features');
    expect(shown).toEqual(['juliet@localhost']);
  });

  test('rejects when the server hangs up during the handshake', async () => {
    await expect(open((peer) => void peer.socket.end(), { transport: 'tls' })).rejects.toThrow(
      /handshake|disconnected|reset/i,
    );
  });
});

describe('STARTTLS', () => {
  const request = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

  test('begins a stream that remembers nothing', async () => {
    const { connection, events, seen } = await open(async (peer) => {
      await peer.open();
      await peer.read();
      await peer.secure(certificate);
      await peer.open();
      peer.socket.once('close', () => {});
    });
    connection.openStream();
    await seen('features');
    connection.write(request);
    expect(await seen('element')).toMatchObject({ element: { name: 'proceed' } });
    await connection.startTls();
    events.length = 0;
    connection.openStream();
    await seen('features');
    expect(kinds(events)).toEqual(['header', 'features']);
    expect(connection.secured).toBe(true);
  });

  test('is not begun when something was slipped in before it', async () => {
    const { connection, events, seen } = await open(async (peer) => {
      await peer.open();
      await peer.read();
      peer.write(`<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><message from='attacker'/>`);
    });
    connection.openStream();
    connection.write(request);
    await seen('element');
    await expect(connection.startTls()).rejects.toThrow('octets in clear');
    expect(kinds(events)).toEqual(['header', 'features', 'element', 'violation']);
  });

  test('ends the connection when there is no TLS', async () => {
    const { connection, seen } = await open(async (peer) => {
      await peer.open();
      await peer.read();
      peer.write(`<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
      peer.socket.removeAllListeners('data').once('data', () => peer.socket.write('this is no TLS at all'));
    });
    connection.openStream();
    connection.write(request);
    await seen('element');
    await expect(connection.startTls()).rejects.toThrow(/version|SSL/i);
    expect(await seen('violation')).toMatchObject({ inClear: true });
    expect(await seen('ended')).toMatchObject({ how: 'error' });
  });

  test('does not take an alert before it for text in clear', async () => {
    const { connection, events, seen } = await open(async (peer) => {
      await peer.open();
      await peer.read();
      peer.write(`<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
      peer.socket.end(Buffer.from('15030300020228', 'hex'));
    });
    connection.openStream();
    connection.write(request);
    await seen('ended');
    expect(kinds(events)).toEqual(['header', 'features', 'element', 'ended']);
  });

  test('tells that white space came before an element, unless this side wrote since', async () => {
    const { connection, events, seen } = await open(async (peer) => {
      await peer.open();
      peer.write("\n<message id='1'/> ");
      await peer.read();
      peer.write("<message id='2'/> <message id='3'/></stream:stream>");
    });
    connection.openStream();
    await seen('element');
    connection.write(request);
    await seen('stream-end');
    const elements = events.filter((event) => event.kind === 'element');
    expect(elements.map((event) => event.spaced)).toEqual([true, false, true]);
  });
});

describe('a connection by WebSocket', () => {
  const websocket = { transport: 'websocket', path: '/xmpp' } as const;

  test('frames the stream', async () => {
    const read: string[] = [];
    const { connection, events, seen } = await open(
      async (peer) => {
        read.push((await peer.open('<a xmlns="urn:x"/>')).toXml());
        read.push((await peer.read()).toXml());
        peer.write("<message xmlns='jabber:client' id='1'/>");
        await peer.readEnd();
        peer.write("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing' see-other-uri='wss://other'/>");
      },
      websocket,
      websocket,
    );
    connection.openStream({ to: 'localhost' });
    await seen('features');
    connection.write("<message xmlns='jabber:client'>Żółć</message>", { every: 1 });
    await seen('element');
    connection.closeStream();
    expect(await seen('stream-end')).toMatchObject({ element: { name: 'close' } });
    connection.end();
    await seen('ended');
    expect(kinds(events)).toEqual(['header', 'features', 'element', 'stream-end', 'ended']);
    expect(read).toEqual([
      "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>",
      "<message xmlns='jabber:client'>Żółć</message>",
    ]);
  });

  test('goes over TLS', async () => {
    const { connection, events, seen } = await open(
      (peer) => void peer.open(),
      { ...websocket, secure: true },
      { ...websocket, certificate },
    );
    connection.openStream();
    await seen('features');
    expect(kinds(events)).toEqual(['tls', 'header', 'features']);
  });

  test('reports binary messages and resets', async () => {
    const { events, seen } = await open(
      async (peer) => {
        peer.write(Buffer.from('<a/>'));
        peer.socket.resetAndDestroy();
      },
      websocket,
      websocket,
    );
    expect(await seen('ended')).toMatchObject({ how: expect.stringMatching(/reset|end/) });
    expect(kinds(events).at(-1)).toBe('ended');
  });

  test('is refused by a server that speaks no WebSocket', async () => {
    const answer = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';
    const opening = open((peer) => void peer.socket.write(answer), websocket);
    await expect(opening).rejects.toMatchObject({
      name: 'WebSocketRefusedError',
      message: expect.stringContaining('404'),
    });
  });
});

test('a TLS version that the server refuses is told in words', async () => {
  const server = await ScriptedServer.start(() => {}, { certificate });
  leftovers.push(() => server.close());
  const tls = {
    ca: authority.certificate,
    servername: 'localhost',
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
  } as const;
  await expect(openTo(server.port, { transport: 'tls', tls })).rejects.toMatchObject({
    name: 'TlsHandshakeError',
    message: expect.stringMatching(/^The TLS handshake failed: .*protocol version/),
  });
});

/** The names of the certificate that a `tls` event tells of. */
function namesOf(event: XmppEvent | undefined): string | undefined {
  return event?.kind === 'tls' ? event.certificate()?.names : undefined;
}
