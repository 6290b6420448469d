import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority, type IssuedCertificate } from '../../network/certificate-authority.ts';
import { startEmbeddedServer } from '../../reference/embedded-server.ts';
import { encodeFields, type Field } from '../../websocket/http2/hpack.ts';
import { afterwards, playScene, type StepText } from '../test-support.ts';
import { websocket } from './websocket.ts';

/** Plays steps by one client over HTTP/2; stops at the first that does not hold. */
function playOver(
  where: { port: number; ca: string; domain: string },
  given: Record<string, unknown>,
  steps: StepText[],
  withinMs = 3_000,
) {
  const { state = 'open', ...options } = given;
  const { port, ca, domain } = where;
  return playScene({
    vocabulary: websocket,
    target: {
      name: 'scripted',
      domain,
      ca,
      endpoints: {
        'websocket-tls': { kind: 'websocket-tls', host: '127.0.0.1', port, path: '/echo', tls: 'direct' },
      },
    },
    given: { name: 'client', state: String(state), options: { transport: 'http2', ...options } },
    steps,
    withinMs,
  });
}

async function onEmbedded(given: Record<string, unknown>, steps: StepText[]) {
  const server = await startEmbeddedServer();
  afterwards(() => server.stop());
  const port = server.endpoints['websocket-tls']?.port ?? 0;
  return playOver({ port, ca: server.ca, domain: server.domain }, given, steps);
}

describe('over HTTP/2', () => {
  it('opens, talks and closes', async () => {
    const { finding, tolerated } = await onEmbedded({ settings: { INITIAL_WINDOW_SIZE: 1_000 } }, [
      { 'client sees tls': { alpn: 'h2' } },
      { 'client sees settings': { ENABLE_CONNECT_PROTOCOL: '1', ENABLE_PUSH: '{-}' } },
      { 'client sends text': 'Hello' },
      { 'client receives text': 'Hello' },
      { 'client sends binary in fragments of 1000': { random: '100kB', seed: 1 } },
      { 'client receives binary': { random: '100kB', seed: 1 } },
      { 'client closes': 1000 },
      { 'client receives close': 1000 },
      'client is closed by FIN',
    ]);
    expect(finding).toBeUndefined();
    expect(tolerated).toEqual([]);
  });

  it('changes pseudo-header fields as it changes others', async () => {
    const { finding } = await onEmbedded({ state: 'connected' }, [
      { 'client requests': { headers: { ':protocol': 'touchstone-0', 'x-other': 'field' } } },
      { 'client receives response': { status: 501 } },
      'client connects',
      { 'client requests': { headers: { ':path': null } } },
      { 'client is reset': 'PROTOCOL_ERROR' },
      'client is closed',
      'client opens',
      { 'client sends ping': 'here' },
      { 'client receives pong': 'here' },
      'client is reset',
    ]);
    expect(finding).toMatchObject({ kind: 'silence' });
  });

  it('has no request in octets of its own', async () => {
    await expect(
      onEmbedded({ state: 'connected' }, [{ 'client requests': { raw: 'GET /' } }]),
    ).rejects.toThrow('over HTTP/2');
  });
});

describe('a hostile server', () => {
  let ca: string;
  let issued: IssuedCertificate;
  beforeAll(async () => {
    const authority = await CertificateAuthority.create();
    ca = authority.certificate;
    issued = await authority.issueServer(['localhost']);
  });

  async function server(script: (socket: TLSSocket) => void, alpn = ['h2']) {
    const listening = createServer(
      { cert: issued.certificate, key: issued.privateKey, ALPNProtocols: alpn },
      (socket) => {
        afterwards(() => socket.destroy());
        script(socket.on('error', () => undefined));
        socket.resume();
      },
    );
    listening.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    afterwards(() => listening.close());
    return { port: (listening.address() as AddressInfo).port, ca, domain: 'localhost' };
  }

  const settings = Buffer.from('000006040000000000000800000001', 'hex');
  /** HEADERS on the client's first stream. */
  function answer(...fields: Field[]): Buffer {
    const block = encodeFields(fields);
    return Buffer.concat([Buffer.from([0, block.length >> 8, block.length & 255, 1, 4, 0, 0, 0, 1]), block]);
  }
  const data = (octets: number) =>
    Buffer.concat([Buffer.from([0, octets >> 8, octets & 255, 0, 0, 0, 0, 0, 1]), Buffer.alloc(octets)]);
  /** Sends it as fast as it is read. */
  const withoutEnd = (octets: Buffer) => (socket: TLSSocket) => {
    socket.write(settings);
    const more = () => {
      while (!socket.destroyed && socket.write(Buffer.concat(Array(200).fill(octets))));
    };
    socket.on('drain', more);
    more();
  };

  it('that sends no SETTINGS is given up in time', async () => {
    await expect(playOver(await server(() => undefined), { state: 'connected' }, [], 200)).rejects.toThrow(
      'nothing came within 200 ms',
    );
  });

  it('that does not speak HTTP/2 is told so', async () => {
    const target = await server((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(playOver(target, { state: 'connected' }, [])).rejects.toThrow(/too long/);
    const other = await server(() => undefined, ['http/1.1']);
    await expect(playOver(other, { state: 'connected' }, [])).rejects.toThrow(/no application protocol/);
  });

  it.each([
    ['SETTINGS without end', withoutEnd(settings), /idle frames/],
    [
      'pings without end',
      withoutEnd(Buffer.from('0000080600000000000000000000000000', 'hex')),
      /idle frames/,
    ],
    [
      'frames of unknown types without end',
      withoutEnd(Buffer.from('000000ff0000000000', 'hex')),
      /idle frames/,
    ],
    [
      'GOAWAY at once',
      (socket: TLSSocket) =>
        socket.write(Buffer.concat([settings, Buffer.from('0000080700000000000000000000000000', 'hex')])),
      /GOAWAY with NO_ERROR/,
    ],
    [
      'a header block without end',
      withoutEnd(
        Buffer.concat([Buffer.from('000000010000000001', 'hex'), Buffer.from('000000090000000001', 'hex')]),
      ),
      /6.10|never opened|does not end/,
    ],
  ])('that sends %s leads to a verdict', async (_what, script, message) => {
    const steps = ['client requests', { 'client receives response': { status: 200 } }];
    const target = await server(script);
    const told = await playOver(target, { state: 'connected' }, steps).then(
      ({ finding }) => finding?.message,
      (error: Error) => error.message,
    );
    expect(told).toMatch(message);
  });

  it.each([
    ['DATA before HEADERS', [data(1)], /DATA came before HEADERS/],
    [
      'Connection',
      [answer([':status', '200'], ['connection', 'Upgrade'])],
      /connection has no place in HTTP\/2/,
    ],
    ['names in uppercase', [answer([':status', '200'], ['Server', 'x'])], /no header field/],
    ['no status', [answer(['server', 'x'])], /one :status/],
    ['more than the window holds', [answer([':status', '200']), ...Array(5).fill(data(11))], /window of its/],
    [
      'a reset',
      [answer([':status', '200']), Buffer.from('00000403000000000100000002', 'hex')],
      /RST_STREAM with INTERNAL_ERROR/,
    ],
  ])('that answers with %s is told so', async (_what, answers, message) => {
    const target = await server((socket) => {
      socket.write(settings);
      // The request comes after the preface and SETTINGS.
      let octets = 0;
      socket.on('data', (chunk) => {
        octets += chunk.length;
        if (octets > 150) socket.write(Buffer.concat(answers.splice(0)));
      });
    });
    const { finding } = await playOver(
      target,
      { state: 'connected', settings: { INITIAL_WINDOW_SIZE: 10 } },
      ['client requests', { 'client receives text': 'never' }],
    );
    expect(finding?.message).toMatch(message);
  });
});
