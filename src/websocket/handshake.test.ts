import { describe, expect, it } from 'vitest';
import { acceptOffer, parseExtensions, readAgreement } from './deflate-offer.ts';
import {
  acceptFor,
  encodeRequest,
  encodeResponse,
  type HandshakeCheck,
  judgeRequest,
  readResponse,
} from './handshake.ts';
import { type Head, HeadError, HeadReader, listOf } from './http-head.ts';

/** Reads a head that comes in chunks of so many octets. */
function headOf(text: string, step = text.length): Head | undefined {
  const reader = new HeadReader();
  const octets = Buffer.from(text, 'latin1');
  for (let at = 0; at < octets.length; at += step) {
    const head = reader.write(octets.subarray(at, at + step));
    if (head) return { ...head, rest: Buffer.concat([head.rest, octets.subarray(at + step)]) };
  }
  return undefined;
}

/** A request with fields replaced, left out (`undefined`) or repeated. */
function request(changed: Record<string, string | string[] | undefined> = {}, line = 'GET /chat HTTP/1.1') {
  const fields: Record<string, string | string[] | undefined> = {
    Host: 'server.example.com',
    Upgrade: 'websocket',
    Connection: 'keep-alive, Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...changed,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}`),
  );
  const head = headOf(`${[line, ...lines].join('\r\n')}\r\n\r\n`);
  if (!head) throw new Error('this is no head');
  return head;
}

describe('a head', () => {
  const text = 'HTTP/1.1 101 Switching Protocols\r\nA:b\r\na:  c, d \r\n\r\nrest';

  it.each([1, 2, 3, 5, text.length])('may come in chunks of %d octets', (step) => {
    const head = headOf(text, step);
    expect(head).toMatchObject({
      firstLine: 'HTTP/1.1 101 Switching Protocols',
      headers: [
        ['A', 'b'],
        ['a', 'c, d'],
      ],
    });
    expect(head?.rest.toString()).toBe('rest');
    expect(listOf(head?.headers ?? [], 'A')).toEqual(['b', 'c', 'd']);
  });

  it('is not there before its empty line', () => {
    for (let length = 0; length < text.indexOf('rest'); length++)
      expect(headOf(text.slice(0, length))).toBeUndefined();
  });

  it.each([
    ['too long', `A: ${'b'.repeat(70_000)}`, true],
    ['too many fields', 'A: b\r\n'.repeat(300), true],
    ['a name with a space', 'A : b', false],
    ['a control character', 'A: \x01', false],
    ['a bare line feed', 'A: b\nC: d', false],
  ])('with %s is refused', (_what, fields, tooLarge) => {
    expect(() => headOf(`GET / HTTP/1.1\r\n${fields}\r\n\r\n`)).toThrow(HeadError);
    expect(() => headOf(`GET / HTTP/1.1\r\n${fields}\r\n\r\n`, 1_000)).toThrow(
      expect.objectContaining({ tooLarge }),
    );
  });
});

describe('a request', () => {
  it('of RFC 6455 section 1.3 is accepted with its value', () => {
    expect(acceptFor('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(judgeRequest(request({ 'Sec-WebSocket-Protocol': 'chat, superchat' }))).toEqual({
      accept: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      target: '/chat',
      subprotocols: ['chat', 'superchat'],
      extensions: [],
    });
  });

  it.each<[HandshakeCheck, number, Head]>([
    ['method', 405, request({}, 'POST /chat HTTP/1.1')],
    ['http-version', 505, request({}, 'GET /chat HTTP/1.0')],
    ['host', 400, request({ Host: undefined })],
    ['host', 400, request({ Host: ['a', 'b'] })],
    ['upgrade', 426, request({ Upgrade: 'h2c' })],
    ['connection', 400, request({ Connection: 'keep-alive' })],
    ['key', 400, request({ 'Sec-WebSocket-Key': undefined })],
    ['key-length', 400, request({ 'Sec-WebSocket-Key': 'AAAA' })],
    ['key-length', 400, request({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZR==' })],
    ['version', 426, request({ 'Sec-WebSocket-Version': '8' })],
    ['version', 426, request({ 'Sec-WebSocket-Version': undefined })],
    ['subprotocols', 400, request({ 'Sec-WebSocket-Protocol': 'a, a' })],
  ])('that breaks %s is refused with %d, and accepted where that is passed over', (check, status, head) => {
    expect(judgeRequest(head)).toMatchObject({ refuse: status });
    const skipped = judgeRequest(head, (one) => one === check || (check === 'key' && one === 'key-length'));
    expect(skipped).toHaveProperty('accept');
  });

  it('of another version is told which one is spoken', () => {
    expect(judgeRequest(request({ 'Sec-WebSocket-Version': '12' }))).toMatchObject({
      refuse: 426,
      headers: { 'Sec-WebSocket-Version': '13' },
    });
  });

  it('is written as it is told, or raw', () => {
    const spec = {
      method: 'PUT',
      target: '*',
      version: '0.9',
      headers: [['a', 'b'] as const, ['a', 'c'] as const],
    };
    expect(encodeRequest(spec).toString()).toBe('PUT * HTTP/0.9\r\na: b\r\na: c\r\n\r\n');
    expect(encodeRequest({ raw: Buffer.from('?') }).toString()).toBe('?');
  });
});

describe('a response', () => {
  it('is read with its status and reason, which may be missing', () => {
    const read = (line: string) => readResponse({ firstLine: line, headers: [], rest: Buffer.alloc(0) });
    expect(read('HTTP/1.1 101 Switching Protocols')).toMatchObject({
      status: 101,
      reason: 'Switching Protocols',
    });
    expect(read('HTTP/1.0 404 ')).toMatchObject({ version: '1.0', status: 404, reason: '' });
    expect(read('HTTP/1.1 426')).toMatchObject({ status: 426, reason: '' });
    for (const line of ['HTTP/1.1', 'HTTP/1.1 20 OK', 'http/1.1 200 OK', 'HTTP/1.1 2000 OK', ''])
      expect(() => read(line)).toThrow(HeadError);
  });

  it('is written with its body', () => {
    expect(encodeResponse(400, [['A', 'b']], 'é').toString()).toBe(
      'HTTP/1.1 400 Bad Request\r\nA: b\r\nContent-Length: 2\r\n\r\né',
    );
  });
});

/** RFC 6455 section 9.1, RFC 7692 sections 5 and 7.1. */
describe('extensions', () => {
  const first = (field: string) => parseExtensions(field)?.[0] ?? { name: '', parameters: [] };

  it('are read with their parameters, quoted or not', () => {
    expect(parseExtensions('a, b; c; d = e; f="12"')).toEqual([
      { name: 'a', parameters: [] },
      {
        name: 'b',
        parameters: [
          ['c', undefined],
          ['d', 'e'],
          ['f', '12'],
        ],
      },
    ]);
    expect(parseExtensions('')).toEqual([]);
    expect(parseExtensions('a; b="\\1\\2"')).toEqual([{ name: 'a', parameters: [['b', '12']] }]);
  });

  it.each([
    'a b',
    'a;',
    'a; b=',
    'a; b="c d"',
    'a; b="c',
    '"a"',
    'a=b',
  ])('as in %s are malformed', (field) => {
    expect(parseExtensions(field)).toBeUndefined();
  });

  it.each([
    ['permessage-deflate', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate'],
    ['permessage-deflate; server_max_window_bits=8', 'permessage-deflate; server_max_window_bits=8'],
    [
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits="9"',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10',
    ],
  ])('offered as %s are agreed to as %s', (offer, answer) => {
    expect(acceptOffer(first(offer))?.field).toBe(answer);
    expect(readAgreement(first(answer))).toEqual(acceptOffer(first(offer))?.parameters);
  });

  it.each([
    'x-other',
    'permessage-deflate; unknown',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; server_max_window_bits=16',
    'permessage-deflate; server_max_window_bits=010',
    'permessage-deflate; client_max_window_bits=0',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
  ])('offered as %s are declined', (offer) => {
    expect(acceptOffer(first(offer))).toBeUndefined();
    expect(readAgreement(first(offer))).toBeUndefined();
  });

  it('that only an offer may have are no agreement', () => {
    expect(readAgreement(first('permessage-deflate; client_max_window_bits'))).toBeUndefined();
  });
});
