import { beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority, type IssuedCertificate } from '../../network/certificate-authority.ts';
import type { XmlElement } from '../../xmpp/element.ts';
import type { ScriptedPeer } from '../../xmpp/scripted-server.ts';
import { play } from './test-support.ts';

const starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const mechanisms = (...names: string[]) =>
  `<mechanisms ${sasl}>${names.map((name) => `<mechanism>${name}</mechanism>`).join('')}</mechanisms>`;
const encoded = (text: string) => Buffer.from(text).toString('base64');

let ca: string;
let certificate: IssuedCertificate;

beforeAll(async () => {
  const authority = await CertificateAuthority.create();
  ca = authority.certificate;
  certificate = await authority.issueServer(['localhost']);
});

/** Opens the stream and reads `<starttls/>`; the test's own script goes on from there. */
const asked =
  (answer: (peer: ScriptedPeer) => unknown = () => undefined) =>
  async (peer: ScriptedPeer) => {
    await peer.open(starttls);
    await peer.read();
    await answer(peer);
  };

/** Reads nothing any more, not even what the handshake sends. */
function deaf(peer: ScriptedPeer): void {
  peer.socket.removeAllListeners('data').removeAllListeners('end').resume();
}

describe('begins tls', () => {
  const steps = [{ 'romeo sends': starttls }, { 'romeo receives': proceed }, 'romeo begins tls'];

  it('goes on under TLS', async () => {
    const { finding } = await play(
      asked((peer) => peer.secure(certificate)),
      'connected',
      [...steps, { 'romeo sees tls': { version: '{TLSv1.2|TLSv1.3}' } }],
      { ca },
    );
    expect(finding).toBeUndefined();
  });

  it('says why there is no TLS', async () => {
    const { finding } = await play(
      asked((peer) => peer.write(`${proceed}<message from='attacker'/>`)),
      'connected',
      steps,
      { ca },
    );
    expect(finding).toMatchObject({
      kind: 'unexpected',
      expected: 'TLS to begin',
      message: 'The server sent 26 octets in clear between <proceed/> and TLS',
    });
  });

  it('fails where it is not connected', async () => {
    const { finding } = await play(async () => undefined, 'registered', ['romeo begins tls']);
    expect(finding).toMatchObject({ kind: 'closed', message: 'romeo is not connected' });
  });

  it('does not wait longer than the case does', async () => {
    const mute = asked((peer) => {
      deaf(peer);
      peer.write(proceed);
    });
    const { finding } = await play(mute, 'connected', steps, { ca, withinMs: 100 });
    expect(finding).toMatchObject({
      kind: 'silence',
      expected: 'the TLS handshake to end',
      message: 'it was not over within 100 ms',
    });
  });
});

describe('tries to secure', () => {
  const steps = [{ 'romeo sends': starttls }, 'romeo tries to secure'];

  it('plays the handshake where it is let', async () => {
    const { finding } = await play(
      asked((peer) => peer.secure(certificate)),
      'connected',
      [...steps, { 'romeo sees tls': { authorized: 'true' } }],
      { ca },
    );
    expect(finding).toBeUndefined();
  });

  it('leaves a refusal and the end of the connection to the steps that follow', async () => {
    const refusing = asked((peer) => {
      peer.write("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
      peer.socket.end();
    });
    const { finding } = await play(refusing, 'connected', [
      ...steps,
      { 'romeo receives': "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" },
      'romeo is closed',
    ]);
    expect(finding).toBeUndefined();
  });

  it('fails where no answer comes', async () => {
    const { finding } = await play(asked(), 'connected', steps, { withinMs: 100 });
    expect(finding).toMatchObject({
      kind: 'silence',
      expected: 'an answer to <starttls/>',
      message: 'it did not come within 100 ms',
    });
  });

  it('fails where the handshake comes to no end', async () => {
    const mute = asked((peer) => {
      deaf(peer);
      peer.write(proceed);
    });
    const { finding } = await play(mute, 'connected', steps, { ca, withinMs: 100 });
    expect(finding).toMatchObject({ kind: 'silence', message: 'it was not over within 100 ms' });
  });
});

describe('receives in clear', () => {
  const steps = [{ 'romeo sends': starttls }, 'romeo tries to secure', 'romeo receives in clear'];

  it.each([
    ['what comes with <proceed/>', asked((peer) => peer.write(`${proceed} `))],
    [
      'what comes instead of a handshake',
      asked((peer) => {
        peer.socket.removeAllListeners('data').once('data', () => peer.socket.write('this is no TLS at all'));
        peer.write(proceed);
      }),
    ],
  ])('finds %s', async (_what, script) => {
    const { finding } = await play(script, 'connected', steps, { ca });
    expect(finding).toBeUndefined();
  });

  it('fails where TLS is ended in a proper way', async () => {
    const { finding } = await play(
      asked((peer) => {
        peer.write(proceed);
        peer.socket.end(Buffer.from('15030300020228', 'hex'));
      }),
      'connected',
      steps,
      { ca },
    );
    expect(finding).toMatchObject({ kind: 'closed', expected: 'something in clear instead of TLS' });
    expect(finding?.message).toBe('the server ended the connection');
  });
});

describe('receives challenge', () => {
  const challenging = async (peer: ScriptedPeer) => {
    await peer.open(mechanisms('SCRAM-SHA-1'));
    await peer.read();
    peer.write(`<challenge ${sasl}>${encoded('r=abcdef,s=c2FsdA==,i=4096')}</challenge>`);
  };
  const auth = { 'romeo sends': `<auth ${sasl} mechanism='SCRAM-SHA-1'/>` };

  it('compares the text without its base64, and captures from it', async () => {
    const { finding, names } = await play(challenging, 'connected', [
      auth,
      { 'romeo receives challenge': 'r={nonce=*},s={*},i={/[1-9][0-9]*/}' },
    ]);
    expect(finding).toBeUndefined();
    expect(names.bound('nonce')).toBe('abcdef');
  });

  it('shows the text that came instead', async () => {
    const { finding } = await play(challenging, 'connected', [
      auth,
      { 'romeo receives challenge': '{*},i=10000' },
    ]);
    expect(finding).toMatchObject({
      kind: 'mismatch',
      message: 'a SASL message: challenge is r=abcdef,s=c2FsdA==,i=4096, expected {*},i=10000',
      differences: [{ path: 'challenge', expected: '{*},i=10000', actual: 'r=abcdef,s=c2FsdA==,i=4096' }],
    });
  });
});

describe('is offered first', () => {
  const offering = async (peer: ScriptedPeer) => {
    await peer.open(mechanisms('EXTERNAL', 'PLAIN'));
  };

  it('looks at the order', async () => {
    const { finding } = await play(offering, 'connected', [{ 'romeo is offered first': 'EXTERNAL' }]);
    expect(finding).toBeUndefined();
  });

  it('says what the order is', async () => {
    const { finding } = await play(offering, 'connected', [{ 'romeo is offered first': 'PLAIN' }]);
    expect(finding).toMatchObject({
      kind: 'mismatch',
      expected: 'PLAIN to be the first of the mechanisms offered',
      message: 'the order is EXTERNAL, PLAIN',
    });
    expect(finding?.nearest).toContain('<mechanism>EXTERNAL</mechanism>');
  });
});

describe('receives nothing before the end', () => {
  const steps = ['romeo closes', 'romeo receives nothing before the end'];
  const ending = (last: string) => async (peer: ScriptedPeer) => {
    await peer.open();
    await peer.readEnd();
    peer.write(last);
    peer.socket.end();
  };

  it('passes over the end of the stream', async () => {
    const { finding } = await play(ending('</stream:stream>'), 'connected', steps);
    expect(finding).toBeUndefined();
  });

  it('says what came before', async () => {
    const { finding } = await play(ending('<message/></stream:stream>'), 'connected', steps);
    expect(finding).toMatchObject({
      kind: 'unexpected',
      expected: 'the end of the connection, and nothing before it',
      message: '<message/> came',
    });
  });

  it('fails where the connection does not end', async () => {
    const open = async (peer: ScriptedPeer) => {
      await peer.open();
    };
    const { finding } = await play(open, 'connected', steps, { withinMs: 100 });
    expect(finding).toMatchObject({ kind: 'silence', message: 'within 100 ms nothing came' });
  });
});

describe('receives without white space', () => {
  const step = [{ 'romeo sends': starttls }, { 'romeo receives without white space': proceed }];

  it('takes an element that follows at once', async () => {
    const { finding } = await play(
      asked((peer) => peer.write(proceed)),
      'connected',
      step,
    );
    expect(finding).toBeUndefined();
  });

  it('finds the white space', async () => {
    const { finding } = await play(
      asked((peer) => peer.write(`\n${proceed}`)),
      'connected',
      step,
    );
    expect(finding).toMatchObject({ kind: 'mismatch', message: 'white space came before it' });
  });
});

describe('receives next', () => {
  const romeo = "<presence from='romeo@localhost/a'/>";
  const twice = asked((peer) => peer.write(`<message/>${romeo}`));
  const begin = { 'romeo sends': starttls };

  it('takes one element after another', async () => {
    const { finding } = await play(twice, 'connected', [
      begin,
      { 'romeo receives next': '<message/>' },
      { 'romeo receives next': '<presence/>' },
    ]);
    expect(finding).toBeUndefined();
  });

  it('lets none come before it', async () => {
    const { finding } = await play(twice, 'connected', [begin, { 'romeo receives next': '<presence/>' }]);
    expect(finding).toMatchObject({
      kind: 'mismatch',
      expected: 'romeo to receive next <presence/>',
      message: 'presence: expected <presence/>, got <message/>',
    });
  });

  it('leaves alone what other steps have taken', async () => {
    const { finding } = await play(twice, 'connected', [
      begin,
      { 'romeo receives': '<presence/>' },
      { 'romeo receives next': '<message/>' },
    ]);
    expect(finding).toBeUndefined();
  });
});

describe('receives in turn', () => {
  const three = asked((peer) => peer.write('<message/><presence/><iq/>'));
  const begin = { 'romeo sends': starttls };

  it('passes over what comes before it', async () => {
    const { finding } = await play(three, 'connected', [begin, { 'romeo receives in turn': '<presence/>' }]);
    expect(finding).toBeUndefined();
  });

  it.each(['receives in turn', 'receives'])('has passed over it for good, also for `%s`', async (phrase) => {
    const steps = [begin, { 'romeo receives in turn': '<presence/>' }, { [`romeo ${phrase}`]: '<message/>' }];
    const { finding } = await play(three, 'connected', steps, { withinMs: 100 });
    expect(finding).toMatchObject({ kind: 'mismatch', message: 'within 100 ms 1 other stanza came' });
  });

  it('goes on with what comes after it', async () => {
    const steps = [begin, { 'romeo receives in turn': '<presence/>' }, { 'romeo receives in turn': '<iq/>' }];
    expect((await play(three, 'connected', steps)).finding).toBeUndefined();
  });
});

describe('connects', () => {
  const direct = [{ 'romeo connects': { transport: 'tls' } }];

  it('comes under TLS', async () => {
    const options = { ca, certificate, transport: 'tls' } as const;
    const { finding } = await play(
      async () => undefined,
      'registered',
      [...direct, { 'romeo sees tls': { alpn: 'xmpp-client' } }],
      options,
    );
    expect(finding).toBeUndefined();
  });

  it.each([
    ['ends the connection', (peer: ScriptedPeer) => void peer.socket.end(), 'closed', 'TLS handshake failed'],
    [
      'speaks no TLS',
      (peer: ScriptedPeer) => void peer.socket.write('SSH-2.0-OpenSSH\r\n'),
      'closed',
      'TLS handshake failed: what came is no TLS (wrong version number)',
    ],
    ['says nothing', deaf, 'silence', 'nothing came within 100 ms'],
  ])('fails in time where the server %s', async (_what, act, kind, message) => {
    const options = kind === 'silence' ? { ca, withinMs: 100 } : { ca };
    const { finding } = await play(async (peer) => act(peer), 'registered', direct, options);
    expect(finding).toMatchObject({ kind, expected: 'romeo to connect' });
    expect(finding?.message).toContain(message);
  });
});

describe('sends', () => {
  it('writes what a server told as XML wants it, and knows other spellings of an address', async () => {
    let heard: Promise<XmlElement> | undefined;
    const { finding } = await play(
      asked((peer) => {
        peer.write("<message id='a&amp;b&apos;c'/>");
        heard = peer.read();
      }),
      'connected',
      [
        { 'romeo sends': starttls },
        { 'romeo receives': "<message id='{odd=*}'/>" },
        {
          'romeo sends':
            "<presence id='{odd}' from='{romeo.local-in-capitals}' to='{romeo.domain-in-fullwidth}'/>",
        },
        'romeo ends',
      ],
    );
    expect(finding).toBeUndefined();
    const sent = await heard;
    expect(sent?.get('id')).toBe("a&b'c");
    expect(sent?.get('from')).toMatch(/^[^a-z]+$/);
    expect(sent?.get('to')).toMatch(/^[\uFF01-\uFF5E.]+$/);
  });
});
