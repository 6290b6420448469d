import type { AddressInfo } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { CertificateAuthority, type IssuedCertificate } from '../../network/certificate-authority.ts';
import { afterwards, type StepText } from '../test-support.ts';
import { play as playOn } from './test-support.ts';

let ca: string;
let issued: IssuedCertificate;
/** Of what the latest server read; a read holds one TLS record at the most. */
let sizes: number[];

beforeAll(async () => {
  const authority = await CertificateAuthority.create();
  ca = authority.certificate;
  issued = await authority.issueServer(['localhost']);
});

/** An echo by `ws` over TLS. */
async function secureEcho(options: TlsOptions = {}): Promise<number> {
  const server = createServer({ cert: issued.certificate, key: issued.privateKey, ...options });
  const sockets = new WebSocketServer({ noServer: true });
  const { createServer: createHttp } = await import('node:http');
  const http = createHttp().on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (socket) => {
      socket
        .on('error', () => undefined)
        .on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    }),
  );
  server.on('tlsClientError', () => undefined);
  sizes = [];
  server.on('secureConnection', (socket) => {
    socket.on('data', (octets) => sizes.push(octets.length));
    http.emit('connection', socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => {
    for (const client of sockets.clients) client.terminate();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function play(options: TlsOptions, given: Record<string, unknown>, steps: StepText[]) {
  return playOn(await secureEcho(options), { transport: 'tls', ...given }, steps, 3_000, ca);
}

const echo: StepText[] = [{ 'client sends text': 'Hello' }, { 'client receives text': 'Hello' }];

describe('over TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'])('offers %s alone, and resumes its session', async (version) => {
    const { finding } = await play({}, { tls: { minimum: version, maximum: version } }, [
      {
        'client sees tls': {
          version,
          resumed: 'false',
          alpn: '{-}',
          authorized: 'true',
          names: 'DNS:localhost',
        },
      },
      ...echo,
      { 'client connects': { tls: { resumes: true } } },
      { 'client sees tls': { version, resumed: 'true', authorized: 'true' } },
      'client opens',
      ...echo,
    ]);
    expect(finding).toBeUndefined();
  });

  it('sees what was chosen by ALPN', async () => {
    const { finding } = await play({ ALPNProtocols: ['b', 'a'] }, { tls: { alpn: ['a', 'b'] } }, [
      { 'client sees tls': { alpn: 'b' } },
      { 'client sees tls': { alpn: 'a' } },
    ]);
    expect(finding).toMatchObject({ kind: 'mismatch', message: 'TLS: alpn is b, expected a' });
  });

  it('tells the alert of a handshake that is refused', async () => {
    const { finding } = await play({ ALPNProtocols: ['a'] }, { state: 'connected' }, [
      { 'client tries to connect': { tls: { alpn: ['c'] } } },
      { 'client receives alert': 'no_application_protocol' },
      'client is closed',
      { 'client sees tls': { alpn: '{-}' } },
    ]);
    expect(finding).toMatchObject({
      kind: 'closed',
      message: 'what came was the end of the connection with the TLS alert no_application_protocol',
    });
  });

  it('cannot go on where TLS has to be and is refused', async () => {
    const { finding } = await play({ ALPNProtocols: ['a'] }, { state: 'connected' }, [
      { 'client connects': { tls: { alpn: ['c'] } } },
    ]);
    expect(finding?.message).toMatch(/no application protocol/);
  });

  it('asks for a name of its own or none, and judges the certificate for the domain', async () => {
    const names: unknown[] = [];
    const SNICallback: TlsOptions['SNICallback'] = (name, done) => {
      names.push(name);
      done(null);
    };
    const { finding } = await play({ SNICallback }, {}, [
      { 'client connects': { tls: { servername: 'elsewhere.example' } } },
      { 'client sees tls': { authorized: 'true' } },
      { 'client connects': { tls: { servername: null } } },
      { 'client sees tls': { authorized: 'true' } },
    ]);
    expect(finding).toBeUndefined();
    expect(names).toEqual(['localhost', 'elsewhere.example']);
  });

  it('ends and breaks the connection below TLS', async () => {
    const { finding } = await play({}, {}, [
      'client ends without close_notify',
      'client is closed',
      'client opens',
      { 'client writes below tls': { hex: `17 03 03 00 20 ${'ab '.repeat(32)}` } },
      { 'client receives alert': 'bad_record_mac' },
    ]);
    expect(finding).toBeUndefined();
  });

  it('puts each chop into a record of its own', async () => {
    const { finding } = await play({}, {}, [
      { 'client sends binary in chops of 1': { random: '500B', seed: 1 } },
      { 'client receives binary': { random: '500B', seed: 1 } },
    ]);
    expect(finding).toBeUndefined();
    expect(sizes.filter((size) => size === 1).length).toBeGreaterThanOrEqual(500);
  });
});
