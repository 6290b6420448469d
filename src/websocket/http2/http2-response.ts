import type { HandshakeResponse } from '../handshake.ts';
import { token } from '../http-head.ts';
import type { Field } from './hpack.ts';
import { Http2Error } from './http2-error.ts';

/** Fields that concern a TCP connection, and have no place in HTTP/2 (RFC 9113 section 8.2.2). */
const ofConnections = ['connection', 'upgrade', 'keep-alive', 'proxy-connection', 'transfer-encoding'];

/** The response that fields are. Throws `Http2Error` where they are malformed (RFC 9113 section 8.1.1). */
export function readFields(fields: readonly Field[]): HandshakeResponse {
  const problem = problemOf(fields);
  if (problem) throw new Http2Error('PROTOCOL_ERROR', ...problem);
  const status = Number(fields.find(([name]) => name === ':status')?.[1]);
  const headers = fields.filter(([name]) => !name.startsWith(':')).map(([name, value]) => [name, value]);
  return { version: '2', status, reason: '', headers: headers as HandshakeResponse['headers'] };
}

function problemOf(fields: readonly Field[]): [section: string, text: string] | undefined {
  const names = fields.map(([name]) => name);
  const pseudo = names.filter((name) => name.startsWith(':'));
  const statuses = fields.filter(([name]) => name === ':status').map(([, value]) => value);
  if (pseudo.length !== 1 || !/^[1-5]\d\d$/.test(statuses[0] ?? ''))
    return [
      '8.3.2 of RFC 9113',
      'a response does not have one :status of three digits, and no other pseudo-header field',
    ];
  if (names.indexOf(':status') !== 0) return ['8.3 of RFC 9113', ':status comes after other fields'];
  const broken = fields.slice(1).find(([name, value]) => !isWellFormed(name, value));
  if (broken)
    return [
      '8.2.1 of RFC 9113',
      `this is no header field: ${JSON.stringify(broken.join(': ').slice(0, 80))}`,
    ];
  const foreign = names.find((name) => ofConnections.includes(name));
  return foreign === undefined
    ? undefined
    : ['8.2.2 of RFC 9113', `the header field ${foreign} has no place in HTTP/2`];
}

function isWellFormed(name: string, value: string): boolean {
  return token.test(name) && !/[A-Z]/.test(name) && !/[\0\r\n]|^[ \t]|[ \t]$/.test(value);
}
