import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CertificateAuthority, type IssuedCertificate } from '../network/certificate-authority.ts';
import { XmppConnection, type XmppConnectionOptions } from './connection.ts';
import type { XmlElement } from './element.ts';
import { register, unregister } from './in-band-registration.ts';
import { authenticate, bind, negotiate, openWithFeatures, secure, tryToAuthenticate } from './negotiation.ts';
import { tlsExporter, tlsServerEndPoint, tlsUnique } from './sasl/channel-binding.ts';
import {
  isProof,
  parseClientFinal,
  parseClientFirst,
  scramKeys,
  serverFinal,
  serverFirst,
} from './sasl/scram.ts';
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

async function connect(
  script: (peer: ScriptedPeer) => Promise<void>,
  options: Partial<XmppConnectionOptions> = {},
  serverOptions: ScriptedServerOptions = {},
): Promise<XmppConnection> {
  const server = await ScriptedServer.start(script, serverOptions);
  leftovers.push(() => server.close());
  const connection = await XmppConnection.open({
    transport: 'tcp',
    host: '127.0.0.1',
    port: server.port,
    tls: { ca: authority.certificate, servername: 'localhost' },
    ...options,
  });
  leftovers.push(() => connection.destroy());
  return connection;
}

const user = { username: 'juliet', password: 'r0m30', domain: 'localhost' };
const opening = { to: 'localhost' };
const starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>";
const bindFeature = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
const sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const mechanisms = (...names: string[]) =>
  `<mechanisms ${sasl}>${names.map((name) => `<mechanism>${name}</mechanism>`).join('')}</mechanisms>`;

const decoded = (element: XmlElement) => Buffer.from(element.text, 'base64').toString();
const encoded = (text: string) => Buffer.from(text).toString('base64');

/** The server's half of SCRAM-SHA-256. Resolves with the channel-binding input it was shown. */
async function speakScram(
  peer: ScriptedPeer,
  password = user.password,
  spoil = (signature: string) => signature,
) {
  const first = parseClientFirst(decoded(await peer.read()));
  const salt = Buffer.from('salt');
  const keys = await scramKeys('SHA-256', password, salt, 4096);
  const challenge = serverFirst({ nonce: `${first.nonce}x`, salt, iterations: 4096 });
  peer.write(`<challenge ${sasl}>${encoded(challenge)}</challenge>`);
  const final = parseClientFinal(decoded(await peer.read()));
  const authMessage = `${first.bare},${challenge},${final.withoutProof}`;
  if (isProof('SHA-256', keys.storedKey, authMessage, final.proof)) {
    const signature = spoil(serverFinal('SHA-256', keys.serverKey, authMessage));
    peer.write(`<success ${sasl}>${encoded(signature)}</success>`);
  } else peer.write(`<failure ${sasl}><not-authorized/></failure>`);
  return final.channelBindingInput;
}

/** Answers the next IQ with these children, or with an error. */
async function answer(peer: ScriptedPeer, children = '', type = 'result'): Promise<XmlElement> {
  const iq = await peer.read();
  peer.write(`<message xmlns='jabber:client'/>`);
  peer.write(`<iq xmlns='jabber:client' type='${type}' id='${iq.get('id')}'>${children}</iq>`);
  return iq;
}

const bound = (jid: string) => `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>${jid}</jid></bind>`;

describe('negotiation', () => {
  test('goes all the way by STARTTLS and SCRAM', async () => {
    const asked: string[] = [];
    const connection = await connect(async (peer) => {
      await peer.open(starttls);
      asked.push((await peer.read()).name);
      await peer.secure(certificate);
      await peer.open(mechanisms('PLAIN', 'SCRAM-SHA-256', 'EXTERNAL'));
      await speakScram(peer);
      await peer.open(bindFeature);
      const iq = await answer(peer, bound('juliet@localhost/balcony'));
      asked.push(iq.elements[0]?.text ?? '', iq.elements[0]?.child('resource')?.text ?? '');
    });
    const result = await negotiate(connection, { ...user, upTo: 'bound', resource: 'balcony' });
    expect(result).toMatchObject({ mechanism: 'SCRAM-SHA-256', jid: 'juliet@localhost/balcony' });
    expect(result.features.child('bind', 'urn:ietf:params:xml:ns:xmpp-bind')).toBeDefined();
    expect(asked).toEqual(['starttls', '', 'balcony']);
    expect(connection.secured).toBe(true);
  });

  test('goes over WebSocket', async () => {
    const connection = await connect(
      async (peer) => {
        await peer.open(mechanisms('PLAIN'));
        expect(decoded(await peer.read())).toBe('\0juliet\0r0m30');
        peer.write(`<success ${sasl}/>`);
        await peer.open(bindFeature);
        await answer(peer, bound('juliet@localhost/x'));
      },
      { transport: 'websocket' },
      { transport: 'websocket' },
    );
    expect(await negotiate(connection, { ...user, upTo: 'bound' })).toMatchObject({
      jid: 'juliet@localhost/x',
    });
  });

  test.each(['connected', 'secured'] as const)('stops at %s', async (upTo) => {
    const connection = await connect(
      async (peer) => {
        await peer.open(mechanisms('PLAIN'));
        await peer.readEnd();
      },
      { transport: 'tls' },
      { certificate },
    );
    const { features } = await negotiate(connection, { ...user, upTo });
    expect(features.elements).toHaveLength(1);
  });

  test('does not take a server at its word that does not know the password', async () => {
    const connection = await connect(async (peer) => {
      await peer.open(mechanisms('SCRAM-SHA-256'));
      await speakScram(peer, user.password, () => 'v=AAAA');
    });
    await expect(negotiate(connection, { ...user, upTo: 'bound' })).rejects.toMatchObject({
      name: 'NegotiationError',
      step: 'sasl',
      message: expect.stringContaining('does not know the password'),
    });
  });

  test('aborts the exchange when the challenge is none', async () => {
    const said: string[] = [];
    const connection = await connect(async (peer) => {
      await peer.open(mechanisms('SCRAM-SHA-256'));
      await peer.read();
      peer.write(`<challenge ${sasl}>${encoded('r=other,s=AAAA,i=1')}</challenge>`);
      said.push((await peer.read()).name);
      peer.write(`<failure ${sasl}><aborted/></failure>`);
    });
    await expect(negotiate(connection, { ...user, upTo: 'bound' })).rejects.toMatchObject({
      condition: 'aborted',
      message: expect.stringContaining('nonce'),
    });
    expect(said).toEqual(['abort']);
  });

  test.each([
    [
      'no STARTTLS',
      '',
      'secured',
      'STARTTLS: expected <starttls/> among the stream features, but it is not offered',
    ],
    ['no mechanism', '', 'bound', /none is offered/],
    ['no mechanism that is known', mechanisms('DIGEST-MD5'), 'bound', /DIGEST-MD5 is offered/],
  ] as const)('names what is missing: %s', async (_name, features, upTo, message) => {
    const connection = await connect(async (peer) => void (await peer.open(features)));
    await expect(negotiate(connection, { ...user, upTo })).rejects.toThrow(message);
  });

  test.each([
    [
      'a stream error',
      `<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`,
      /host-unknown/,
    ],
    ['the end of the stream', '</stream:stream>', /closed the stream/],
    ['no XMPP', '<!-- -->', /not XMPP.*comment/],
    ['no answer but the end', undefined, /ended the connection/],
  ])('names what came instead of an answer: %s', async (_name, text, message) => {
    const connection = await connect(async (peer) => {
      await peer.open(mechanisms('PLAIN'));
      await peer.read();
      if (text === undefined) peer.socket.end();
      else peer.write(text);
    });
    await expect(negotiate(connection, { ...user, upTo: 'bound' })).rejects.toThrow(message);
  });

  test('ends when its time is up, or the connection is destroyed', async () => {
    const connection = await connect((peer) => peer.readEnd());
    const abort = new AbortController();
    const opened = openWithFeatures(connection, { ...opening, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(opened).rejects.toThrow("expected the server's stream header, but nothing came in time");
    const again = openWithFeatures(connection, opening);
    connection.destroy();
    await expect(again).rejects.toThrow('this side ended the connection');
  });

  test('tells the condition of a refused bind', async () => {
    const conflict = "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    const connection = await connect(async (peer) => {
      await peer.open(bindFeature);
      await answer(peer, conflict, 'error');
      await answer(peer, bindFeature);
    });
    await openWithFeatures(connection, opening);
    await expect(bind(connection)).rejects.toMatchObject({ step: 'bind', condition: 'conflict' });
    await expect(bind(connection)).rejects.toThrow('the answer has none');
  });
});

describe('authentication', () => {
  test('that fails is an outcome to one who only tries', async () => {
    const connection = await connect(async (peer) => {
      await peer.open(mechanisms('SCRAM-SHA-256'));
      await speakScram(peer);
    });
    await openWithFeatures(connection, opening);
    const outcome = await tryToAuthenticate(connection, { ...user, password: 'wrong' });
    expect(outcome).toMatchObject({ succeeded: false, condition: 'not-authorized', objection: undefined });
  });

  test('says = for an empty initial response, and answers a challenge for it', async () => {
    const said: string[] = [];
    const connection = await connect(async (peer) => {
      await peer.open(mechanisms('EXTERNAL', 'PLAIN'));
      said.push((await peer.read()).text);
      peer.write(`<failure ${sasl}><not-authorized/></failure>`);
      said.push((await peer.read()).text);
      peer.write(`<challenge ${sasl}/>`);
      said.push(decoded(await peer.read()));
      peer.write(`<success ${sasl}/>`);
    });
    await openWithFeatures(connection, opening);
    await tryToAuthenticate(connection, { ...user, mechanism: 'EXTERNAL' });
    await authenticate(connection, { ...user, mechanism: 'PLAIN', overrides: { initialResponse: null } });
    expect(said).toEqual(['=', '', '\0juliet\0r0m30']);
  });

  test.each([
    ['tls-exporter', 'TLSv1.3', ''],
    [
      'tls-exporter',
      'TLSv1.2',
      "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>",
    ],
    ['tls-unique', 'TLSv1.2', ''],
    [
      'tls-server-end-point',
      'TLSv1.3',
      "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-server-end-point'/></sasl-channel-binding>",
    ],
  ] as const)('binds to the channel by %s over %s', async (type, version, feature) => {
    let agreed = false;
    const connection = await connect(
      async (peer) => {
        await peer.open(mechanisms('SCRAM-SHA-256-PLUS') + feature);
        const input = await speakScram(peer);
        const { tlsSocket } = peer;
        if (!tlsSocket) return;
        const data = {
          'tls-exporter': () => tlsExporter(tlsSocket),
          'tls-unique': () => tlsUnique(tlsSocket, 'server'),
          'tls-server-end-point': () =>
            tlsServerEndPoint(tlsSocket.getX509Certificate()?.raw ?? Buffer.alloc(0)),
        }[type]();
        agreed = input.equals(Buffer.concat([Buffer.from(`p=${type},,`), data]));
      },
      {
        transport: 'tls',
        tls: { ca: authority.certificate, servername: 'localhost', minVersion: version, maxVersion: version },
      },
      { certificate },
    );
    await openWithFeatures(connection, opening);
    await authenticate(connection, { ...user, mechanism: 'SCRAM-SHA-256-PLUS' });
    expect(agreed).toBe(true);
  });

  test('by -PLUS wants TLS', async () => {
    const connection = await connect(
      async (peer) => void (await peer.open(mechanisms('SCRAM-SHA-256-PLUS'))),
    );
    await openWithFeatures(connection, opening);
    const attempt = authenticate(connection, { ...user, mechanism: 'SCRAM-SHA-256-PLUS' });
    await expect(attempt).rejects.toThrow('needs a channel binding, and so TLS');
  });

  test('ends with a server that asks for ever', async () => {
    const connection = await connect(async (peer) => {
      await peer.open(mechanisms('PLAIN'));
      for (;;) {
        await peer.read().catch(() => new Promise(() => {}));
        peer.write(`<challenge ${sasl}/>`);
      }
    });
    await openWithFeatures(connection, opening);
    const attempt = authenticate(connection, { ...user, overrides: { response: 'x' } });
    await expect(attempt).rejects.toThrow('more than 10 challenges');
  });
});

test('a refused STARTTLS is told', async () => {
  const connection = await connect(async (peer) => {
    await peer.open(starttls);
    await peer.read();
    peer.write("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  });
  await openWithFeatures(connection, opening);
  await expect(secure(connection, opening)).rejects.toThrow('expected <proceed/>, but <failure/> came');
});

describe('in-band registration', () => {
  const query = (fields: string) => `<query xmlns='jabber:iq:register'>${fields}</query>`;

  test('fills in what the server wants', async () => {
    const sent: XmlElement[] = [];
    const connection = await connect(async (peer) => {
      await peer.open();
      sent.push(
        await answer(
          peer,
          query('<instructions>Do</instructions><username/><password/><email/><key>k</key>'),
        ),
      );
      sent.push(await answer(peer));
      sent.push(await answer(peer));
    });
    await openWithFeatures(connection, opening);
    await register(connection, user);
    await unregister(connection);
    expect(sent[1]?.elements[0]?.toXml()).toBe(
      "<query xmlns='jabber:iq:register'><username>juliet</username><password>r0m30</password><email>nobody@example.org</email><key>k</key></query>",
    );
    expect(sent[2]?.elements[0]?.elements[0]?.name).toBe('remove');
  });

  test('asks for the form once, unless it has a key', async () => {
    const sent: XmlElement[] = [];
    const connection = await connect(async (peer) => {
      await peer.open();
      sent.push(await answer(peer, query('<username/><password/><name/>')));
      sent.push(await answer(peer));
      sent.push(await answer(peer));
      sent.push(await answer(peer, query('<username/><password/><key>k</key>')));
      sent.push(await answer(peer));
    });
    await openWithFeatures(connection, opening);
    const form = await register(connection, user);
    expect(await register(connection, { ...user, form })).toEqual(form);
    expect(sent.map((iq) => iq.get('type'))).toEqual(['get', 'set', 'set']);
    expect(sent[2]?.elements[0]?.toXml()).toBe(sent[1]?.elements[0]?.toXml());
    expect(await register(connection, user)).toBeUndefined();
  });

  test('tells when the name is taken', async () => {
    const connection = await connect(async (peer) => {
      await peer.open();
      await answer(peer, query('<username/><password/>'));
      await answer(
        peer,
        "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
        'error',
      );
    });
    await openWithFeatures(connection, opening);
    await expect(register(connection, user)).rejects.toMatchObject({
      step: 'registration',
      condition: 'conflict',
    });
  });

  test('tells what it cannot fill in', async () => {
    const connection = await connect(async (peer) => {
      await peer.open();
      await answer(peer, query('<username/><password/><captcha/>'));
    });
    await openWithFeatures(connection, opening);
    await expect(register(connection, user)).rejects.toThrow('captcha');
  });
});
