import { createHash } from 'node:crypto';
import { type Head, HeadError, listOf, token, valuesOf } from './http-head.ts';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Sec-WebSocket-Accept for a key (RFC 6455 section 4.2.2). */
export function acceptFor(key: string): string {
  return createHash('sha1')
    .update(key + guid)
    .digest('base64');
}

/** An opening handshake to be sent, all of it as it is to be; or its octets. */
export type HandshakeRequest =
  | {
      method: string;
      target: string;
      /** Of HTTP: `1.1`. */
      version: string;
      headers: readonly (readonly [name: string, value: string])[];
    }
  | { raw: Buffer }
  | Http2Request;

/** An opening handshake on a stream of HTTP/2 (RFC 8441): its pseudo-header fields and others, as they are to be. */
export interface Http2Request {
  fields: readonly (readonly [name: string, value: string])[];
  /** The client sends nothing after it. */
  end?: boolean;
}

export function encodeRequest(request: Exclude<HandshakeRequest, Http2Request>): Buffer {
  if ('raw' in request) return request.raw;
  const { method, target, version, headers } = request;
  const lines = [
    `${method} ${target} HTTP/${version}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

/** The server's answer to an opening handshake. */
export interface HandshakeResponse {
  /** Of HTTP: `1.1`. */
  version: string;
  status: number;
  reason: string;
  headers: [name: string, value: string][];
}

/** Throws `HeadError` where the first line is none of a response. */
export function readResponse({ firstLine, headers }: Head): HandshakeResponse {
  const [, version, status, reason] = /^HTTP\/(\d\.\d) (\d{3})(?: (.*))?$/.exec(firstLine) ?? [];
  if (version === undefined)
    throw new HeadError(`this is no status line: ${JSON.stringify(firstLine.slice(0, 80))}`);
  return { version, status: Number(status), reason: reason ?? '', headers };
}

/** What a server makes of an opening handshake. */
export type HandshakeJudgement =
  | { accept: string; target: string; subprotocols: string[]; extensions: string[] }
  | { refuse: number; why: string; headers: Record<string, string> };

/** The demands of RFC 6455 section 4.2.1 on a request, by name, so that a fault can pass one over. */
export type HandshakeCheck =
  | 'method'
  | 'http-version'
  | 'host'
  | 'host-form'
  | 'length'
  | 'transfer-coding'
  | 'body'
  | 'upgrade'
  | 'connection'
  | 'key'
  | 'key-length'
  | 'version'
  | 'subprotocols';

type Refusal = Extract<HandshakeJudgement, { refuse: number }>;

/** Judges an opening handshake as RFC 6455 sections 4.2.1 and 4.2.2 say. */
export function judgeRequest(
  { firstLine, headers }: Head,
  skips: (check: HandshakeCheck) => boolean = () => false,
): HandshakeJudgement {
  const [, method, target = '/', version = ''] = /^(\S+) (\S+) HTTP\/(\d\.\d)$/.exec(firstLine) ?? [];
  if (method === undefined) return refusal(400, 'this is no request line');
  const broken = demands(method, Number(version), headers).find(
    ([check, isKept]) => !isKept && !skips(check),
  );
  if (broken) return broken[2];
  return {
    accept: acceptFor(valuesOf(headers, 'Sec-WebSocket-Key')[0] ?? ''),
    target,
    subprotocols: listOf(headers, 'Sec-WebSocket-Protocol'),
    extensions: valuesOf(headers, 'Sec-WebSocket-Extensions'),
  };
}

/** RFC 9112 section 3.2, as far as a WebSocket URI can have it: not empty, no user. */
const authority = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~%!$&'()*+;=-]+)(?::\d*)?$/;

const upgrade = { Upgrade: 'websocket', Connection: 'Upgrade' };

/** Each demand with whether it is kept, and what is answered where it is not. */
function demands(
  method: string,
  version: number,
  headers: Head['headers'],
): [HandshakeCheck, boolean, Refusal][] {
  const has = (name: string, word: string) => listOf(headers, name).some((one) => one.toLowerCase() === word);
  const versions = valuesOf(headers, 'Sec-WebSocket-Version');
  const keys = valuesOf(headers, 'Sec-WebSocket-Key');
  const hosts = valuesOf(headers, 'Host');
  const lengths = valuesOf(headers, 'Content-Length');
  const codings = listOf(headers, 'Transfer-Encoding');
  return [
    ['method', method === 'GET', refusal(405, 'the method must be GET', { Allow: 'GET' })],
    ['http-version', version >= 1.1, refusal(505, 'the version must be HTTP/1.1 or later')],
    ['host', hosts.length === 1, refusal(400, 'there must be one Host field')],
    [
      'host-form',
      hosts.every((host) => authority.test(host)),
      refusal(400, 'Host must be a name or address, and a port'),
    ],
    [
      'length',
      lengths.every((length) => /^\d{1,15}$/.test(length)) && new Set(lengths).size <= 1,
      refusal(400, 'Content-Length must be one number'),
    ],
    [
      'transfer-coding',
      codings.length === 0 || (codings.length === 1 && /^chunked$/i.test(codings[0] ?? '')),
      refusal(501, 'this transfer coding is not known here'),
    ],
    [
      'body',
      !/^chunked$/i.test(codings[0] ?? '') && !(Number(lengths[0] ?? 0) > 0),
      refusal(400, 'a handshake has no body here'),
    ],
    ['upgrade', has('Upgrade', 'websocket'), refusal(426, 'Upgrade must name websocket', upgrade)],
    ['connection', has('Connection', 'upgrade'), refusal(400, 'Connection must name Upgrade')],
    [
      'version',
      versions.length === 1 && versions[0] === '13',
      refusal(426, 'only version 13 is spoken here', { 'Sec-WebSocket-Version': '13', ...upgrade }),
    ],
    ['key', keys.length === 1, refusal(400, 'there must be one Sec-WebSocket-Key')],
    ['key-length', isKey(keys[0] ?? ''), refusal(400, 'Sec-WebSocket-Key must be 16 octets in base64')],
    [
      'subprotocols',
      areSubprotocols(valuesOf(headers, 'Sec-WebSocket-Protocol')),
      refusal(400, 'Sec-WebSocket-Protocol must be a list of different tokens'),
    ],
  ];
}

function refusal(refuse: number, why: string, headers: Record<string, string> = {}): Refusal {
  return { refuse, why, headers };
}

/** RFC 6455 section 4.1: tokens, each once; section 11.3.4: the field may be split. */
function areSubprotocols(fields: readonly string[]): boolean {
  const names = fields.flatMap((field) => field.split(',').map((name) => name.trim()));
  // Empty elements are passed over (RFC 9110 section 5.6.1), unless there are no others.
  const named = names.filter((name) => name !== '');
  if (named.length === 0) return fields.length === 0;
  return named.every((name) => token.test(name)) && new Set(named).size === named.length;
}

function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key);
}

/** The octets of a response head. */
export function encodeResponse(
  status: number,
  headers: readonly (readonly [string, string])[],
  body = '',
): Buffer {
  const reasons: Record<number, string> = {
    101: 'Switching Protocols',
    400: 'Bad Request',
    404: 'Not Found',
    405: 'Method Not Allowed',
    414: 'URI Too Long',
    426: 'Upgrade Required',
    431: 'Request Header Fields Too Large',
    501: 'Not Implemented',
    505: 'HTTP Version Not Supported',
  };
  const all =
    status === 101 ? headers : [...headers, ['Content-Length', String(Buffer.byteLength(body))] as const];
  const lines = [
    `HTTP/1.1 ${status} ${reasons[status] ?? ''}`,
    ...all.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
