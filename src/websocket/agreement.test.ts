import { afterEach, describe, expect, it } from 'vitest';
import { agreementViolations } from './agreement.ts';
import { acceptanceWith, requestTo, startScriptedServer, WatchedConnection } from './scripted-server.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

const extensions = (...values: string[]) =>
  values.map((value): [string, string] => ['sec-websocket-extensions', value]);
const protocols = (...values: string[]) =>
  values.map((value): [string, string] => ['SEC-WebSocket-Protocol', value]);

describe('an answer is as it was offered', () => {
  it.each([
    ['without either', [], []],
    ['with one subprotocol of several fields', protocols('a, b', 'c'), protocols('c')],
    ['without the subprotocols and extensions offered', [...protocols('a'), ...extensions('x')], []],
    ['with an extension of two', extensions('x; a=1, y'), extensions('y; b')],
    ['with plain compression', extensions('permessage-deflate'), extensions('permessage-deflate')],
    [
      'with limits that the server may set unasked',
      extensions('permessage-deflate'),
      extensions(
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8',
      ),
    ],
    [
      'with the window of the client limited, where that was offered without a value',
      extensions('permessage-deflate; client_max_window_bits'),
      extensions('permessage-deflate; client_max_window_bits="8"'),
    ],
    [
      'with a window above the hint, which may be ignored',
      extensions('permessage-deflate; client_max_window_bits=9'),
      extensions('permessage-deflate; client_max_window_bits=15'),
    ],
    [
      'with a smaller window than asked for',
      extensions('permessage-deflate; server_max_window_bits=10'),
      extensions('permessage-deflate; server_max_window_bits=9'),
    ],
    [
      'for the last of several offers',
      extensions(
        'permessage-deflate; server_max_window_bits=9',
        'permessage-deflate; client_max_window_bits',
      ),
      extensions('permessage-deflate; client_max_window_bits=12'),
    ],
  ])('%s', (_what, offer, answer) => {
    expect(agreementViolations(offer, answer)).toEqual([]);
  });
});

describe('an answer goes beyond the offer', () => {
  const deflate = 'permessage-deflate';
  it.each([
    ['a subprotocol that nobody offered', [], protocols('a'), '4.1'],
    ['another subprotocol', protocols('a, b'), protocols('c'), '4.1'],
    ['a subprotocol in other letters', protocols('chat'), protocols('Chat'), '4.1'],
    ['a list of subprotocols', protocols('a, b'), protocols('a, b'), '4.1'],
    ['an empty subprotocol', protocols('a'), protocols(''), '4.1'],
    ['two fields for the subprotocol', protocols('a, b'), protocols('a', 'b'), '11.3.4'],
    ['an extension that nobody offered', [], extensions('x'), '4.1'],
    ['compression that nobody offered', extensions('x'), extensions(deflate), '4.1'],
    ['two fields for extensions', extensions('x, y'), extensions('x', 'y'), '11.3.2'],
    ['an empty list of extensions', extensions('x'), extensions(''), '9.1'],
    ['a malformed list of extensions', extensions('x'), extensions('x; ='), '9.1'],
    ['compression twice', extensions(deflate), extensions(`${deflate}, ${deflate}`), 'RFC 7692 5'],
    ['an unknown parameter', extensions(deflate), extensions(`${deflate}; memory=3`), 'RFC 7692 7'],
    [
      'a parameter twice',
      extensions(deflate),
      extensions(`${deflate}; server_no_context_takeover; server_no_context_takeover`),
      'RFC 7692 7',
    ],
    [
      'a window of 7 bits',
      extensions(deflate),
      extensions(`${deflate}; server_max_window_bits=7`),
      'RFC 7692 7',
    ],
    [
      'a window without bits',
      extensions(`${deflate}; client_max_window_bits`),
      extensions(`${deflate}; client_max_window_bits`),
      'RFC 7692 7',
    ],
    [
      'a value where there is none',
      extensions(deflate),
      extensions(`${deflate}; client_no_context_takeover=1`),
      'RFC 7692 7',
    ],
    [
      'an offer that must be declined',
      extensions(`${deflate}; server_max_window_bits=16, ${deflate}; memory=3`),
      extensions(deflate),
      'RFC 7692 7',
    ],
    [
      'a window larger than asked for',
      extensions(`${deflate}; server_max_window_bits=10`),
      extensions(`${deflate}; server_max_window_bits=11`),
      'RFC 7692 7.1.2.1',
    ],
    [
      'no window though one was asked for',
      extensions(`${deflate}; server_max_window_bits=10`),
      extensions(deflate),
      'RFC 7692 7.1.2.1',
    ],
    [
      'takeover though none was to be',
      extensions(`${deflate}; server_no_context_takeover`),
      extensions(deflate),
      'RFC 7692 7.1.1.1',
    ],
    [
      'a window of the client’s, unasked',
      extensions(deflate),
      extensions(`${deflate}; client_max_window_bits=15`),
      'RFC 7692 7.1.2.2',
    ],
  ])('by %s', (_what, offer, answer, section) => {
    const violations = agreementViolations(offer, answer);
    expect(violations.map((one) => one.section)).toContain(section);
    for (const [, value] of answer) expect(violations[0]?.text).toContain(value);
  });

  it('by a name that is shown in part where it is long', () => {
    const [violation] = agreementViolations([], protocols('x'.repeat(60_000)));
    expect(violation?.text.length).toBeLessThan(300);
  });
});

describe('a connection', () => {
  const foreign = ['Sec-WebSocket-Protocol: nobody-asked', 'Sec-WebSocket-Extensions: permessage-deflate; a'];
  async function answered(raw: boolean): Promise<WatchedConnection> {
    const server = await startScriptedServer((socket) =>
      socket.once('data', () => socket.write(acceptanceWith(foreign))),
    );
    closers.push(() => server.close());
    const watched = await WatchedConnection.connect(server.port);
    closers.push(() => watched.connection.destroy());
    const request = requestTo(server.port);
    watched.connection.request(raw ? { raw: Buffer.from('GET / HTTP/1.1\r\n\r\n') } : request);
    return watched;
  }

  it('announces with the answer what it agrees to unasked', async () => {
    const { violations } = await (await answered(false)).sees('response');
    expect(violations.map((one) => one.section)).toEqual(['4.1', '4.1', 'RFC 7692 7']);
  });

  it('judges no answer to a raw request', async () => {
    const { violations } = await (await answered(true)).sees('response');
    expect(violations).toEqual([]);
  });
});
