import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../network/certificate-authority.ts';
import { cipherSuites } from './cipher-suites.ts';
import {
  type ClientHello,
  type HelloAnswer,
  HelloReader,
  readClientHello,
  writeClientHello,
  writeServerHello,
} from './hello.ts';
import { withAlteredTicket } from './session-ticket.ts';

const authority = await CertificateAuthority.create();
const issued = await authority.issueServer(['localhost']);
const server = createServer({ cert: issued.certificate, key: issued.privateKey, minVersion: 'TLSv1.2' });
const strong = ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] as const;
let port = 0;

beforeAll(async () => {
  server.on('tlsClientError', () => undefined).on('secureConnection', (socket) => socket.resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

/** What a TLS server answers first. */
async function answerTo(hello: ClientHello): Promise<HelloAnswer | undefined> {
  const socket = connectTcp(port, '127.0.0.1');
  const reader = new HelloReader();
  socket.write(writeClientHello(hello));
  try {
    for await (const octets of socket) {
      const [answer] = reader.read(octets as Buffer);
      if (answer) return answer;
    }
    return undefined;
  } finally {
    socket.destroy();
  }
}

describe('a ClientHello of its own making', () => {
  it('is answered by the version, the cipher suite and the extensions that were chosen', async () => {
    const answer = await answerTo({
      version: 'TLSv1.2',
      ciphers: ['TLS_RSA_WITH_NULL_SHA', ...strong],
      deflate: true,
      extensions: ['renegotiation_info', 'truncated_hmac', 'extended_master_secret'],
      servername: 'localhost',
    });
    expect(answer).toMatchObject({
      kind: 'server-hello',
      version: 'TLSv1.2',
      cipher: strong[0],
      compression: 'none',
    });
    expect(answer?.kind === 'server-hello' && answer.extensions).toEqual(
      expect.arrayContaining(['renegotiation_info', 'extended_master_secret']),
    );
    expect(answer?.kind === 'server-hello' && answer.extensions).not.toContain('truncated_hmac');
  });

  it.each([
    [{ version: 'SSLv3', ciphers: strong }, 'handshake_failure'],
    [{ version: 'TLSv1.1', ciphers: strong }, 'protocol_version'],
    [{ version: 'TLSv1.2', ciphers: ['TLS_RSA_WITH_NULL_SHA'] }, 'handshake_failure'],
  ] as const)('is refused by an alert: %o', async (hello, alert) => {
    expect(await answerTo(hello)).toEqual({ kind: 'alert', alert });
  });

  it('can be read, and answered however weak it is, in whatever pieces that comes', () => {
    const record = writeClientHello({
      version: 'TLSv1',
      ciphers: ['TLS_RSA_WITH_RC4_128_MD5'],
      deflate: true,
    });
    const offered = readClientHello(record);
    expect(offered).toMatchObject({ version: 0x0301, ciphers: [4], deflate: true, resumes: false });
    expect(readClientHello(record.subarray(0, 20))).toBeUndefined();
    const cipher = cipherSuites.TLS_RSA_WITH_RC4_128_MD5;
    const answer = writeServerHello({
      version: 0x0301,
      ciphers: [],
      cipher,
      deflate: true,
      extensions: [0xff01],
    });
    const reader = new HelloReader();
    const answers = [...answer].flatMap((octet) => reader.read(Buffer.from([octet])));
    expect(answers).toEqual([
      {
        kind: 'server-hello',
        version: 'TLSv1',
        cipher: 'TLS_RSA_WITH_RC4_128_MD5',
        compression: 'deflate',
        extensions: ['renegotiation_info'],
      },
    ]);
  });
});

describe('an altered session', () => {
  const dial = async (session?: Buffer): Promise<{ socket: TLSSocket; session: Buffer }> => {
    const settings = { port, host: '127.0.0.1', servername: 'localhost', ca: authority.certificate };
    const socket = connect({ ...settings, maxVersion: 'TLSv1.2', ...(session && { session }) });
    const given = once(socket, 'session').then(([one]) => one as Buffer);
    await once(socket, 'secureConnect');
    return { socket, session: session && socket.isSessionReused() ? session : await given };
  };

  it('is not resumed, where the one that it was is', async () => {
    const first = await dial();
    const resumed = await dial(first.session);
    const altered = await dial(withAlteredTicket(first.session));
    expect([resumed, altered].map(({ socket }) => socket.isSessionReused())).toEqual([true, false]);
    for (const { socket } of [first, resumed, altered]) socket.destroy();
  });
});
