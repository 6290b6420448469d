import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  CertificateAuthority,
  type IssuedCertificate,
  withBrokenSignature,
  wrongCertificates,
} from './certificate-authority.ts';

const authority = await CertificateAuthority.create();
const names = ['chat.example', '127.0.0.1', '::1'];

/** What a client that trusts the authority makes of a server with that certificate. */
async function handshake(issued: IssuedCertificate, servername = 'chat.example'): Promise<string> {
  const server = createServer({ cert: issued.certificate, key: issued.privateKey });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, servername, ca: authority.certificate });
  try {
    await once(socket, 'secureConnect');
    return 'trusted';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('the certificate authority', () => {
  it('issues server certificates that its clients trust', async () => {
    const issued = await authority.issueServer(names, { xmppDomains: ['chat.example'] });
    expect(await handshake(issued)).toBe('trusted');
    const certificate = new X509Certificate(issued.certificate);
    expect(certificate.subjectAltName).toBe(
      [
        'DNS:chat.example',
        'IP Address:127.0.0.1',
        'IP Address:0:0:0:0:0:0:0:1',
        'othername:XmppAddr:chat.example',
        'othername:SRVName:_xmpp-client.chat.example',
      ].join(', '),
    );
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not yet valid', 'CERT_NOT_YET_VALID'],
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['wrong purpose', 'INVALID_PURPOSE'],
  ] as const)('issues one that is %s', async (kind, code) => {
    expect(await handshake(await authority.issueServer(names, wrongCertificates[kind]))).toBe(code);
  });

  it('issues one for a client with several addresses or none, of an authority, or with a signature that is broken', async () => {
    const root = new X509Certificate(authority.certificate);
    const several = await authority.issueClient(['romeo@chat.example', 'juliet@chat.example']);
    const certificate = new X509Certificate(several.certificate);
    expect(certificate.subjectAltName).toBe(
      'othername:XmppAddr:romeo@chat.example, othername:XmppAddr:juliet@chat.example',
    );
    expect([certificate.ca, certificate.verify(root.publicKey)]).toEqual([false, true]);
    expect(certificate.infoAccess).toContain('OCSP');
    const nobody = await authority.issueClient([], { authority: true, status: false });
    const { ca, infoAccess, subjectAltName } = new X509Certificate(nobody.certificate);
    expect([ca, infoAccess, subjectAltName]).toEqual([true, undefined, undefined]);
    const broken = new X509Certificate(withBrokenSignature(several).certificate);
    expect([broken.subject, broken.verify(root.publicKey)]).toEqual([certificate.subject, false]);
  });

  it('issues one for another name, and is not trusted by the clients of another authority', async () => {
    expect(await handshake(await authority.issueServer(['other.example']))).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    const stranger = await CertificateAuthority.create('Stranger');
    expect(await handshake(await stranger.issueServer(names))).toMatch(/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO/);
  });

  it('issues client certificates that a server accepts', async () => {
    const own = await authority.issueServer(names);
    const client = await authority.issueClient('romeo@chat.example');
    const server = createServer({
      cert: own.certificate,
      key: own.privateKey,
      ca: authority.certificate,
      requestCert: true,
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'secureConnection');
    const { port } = server.address() as AddressInfo;
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'chat.example',
      ca: authority.certificate,
      cert: client.certificate,
      key: client.privateKey,
    });
    const [peer] = (await accepted) as [TLSSocket];
    expect(peer.authorized).toBe(true);
    expect(peer.getPeerCertificate().subject.CN).toBe('romeo@chat.example');
    expect(peer.getPeerCertificate().subjectaltname).toBe('othername:XmppAddr:romeo@chat.example');
    socket.destroy();
    server.close();
  });
});
