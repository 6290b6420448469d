import { WebSocketConnection, type WebSocketOptions } from '../../websocket/connection.ts';
import type { Http2Request } from '../../websocket/handshake.ts';
import { dialHttp2, type Http2Wire } from '../../websocket/http2/dial-http2.ts';
import { StreamReset } from '../../websocket/http2/http2-error.ts';
import { largestFrame, type Settings } from '../../websocket/http2/http2-frame.ts';
import type { RequestText } from './request-text.ts';

const number = { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 } as const;

/** JSON Schema of what a client tells in its first SETTINGS, by the names of RFC 9113 section 6.5.2. */
export const settingsSchema = {
  type: 'object',
  properties: {
    INITIAL_WINDOW_SIZE: { ...number, description: 'So many octets may come on a stream before it reads on' },
    MAX_FRAME_SIZE: { type: 'integer', minimum: largestFrame, maximum: 2 ** 24 - 1 },
    MAX_HEADER_LIST_SIZE: number,
    ENABLE_CONNECT_PROTOCOL: number,
  },
  additionalProperties: false,
  minProperties: 1,
} as const;

/** How an actor gets a stream of HTTP/2: over a connection of its own, or over that of another actor. */
export interface Http2Way {
  settings: Settings | undefined;
  /** The connection that is there already. */
  shared: Http2Wire | undefined;
}

/** Reaches the server, or goes on over a connection that is there; the stream opens with the request. */
export async function openOverHttp2(
  options: WebSocketOptions,
  { settings, shared }: Http2Way,
): Promise<{ wire: Http2Wire; connection: WebSocketConnection }> {
  const { onEvent, observe, ...dialing } = options;
  const wire =
    shared ?? (await dialHttp2({ ...dialing, ...(settings ? { settings } : {}) }, options.opening));
  return { wire, connection: WebSocketConnection.over(wire, options) };
}

type Field = readonly [name: string, value: string];

/** The pseudo-header fields of an opening handshake (RFC 8441 section 5). */
export function usualPseudoFields(
  { authority, path }: { authority: string; path: string },
  text: RequestText,
): [string, string][] {
  return [
    [':method', text.method ?? 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', 'https'],
    [':path', text.target ?? path],
    [':authority', authority],
  ];
}

/** Only a tunnel goes on after its request. */
export function http2Request(fields: readonly Field[]): Http2Request {
  return { fields, end: !fields.some(([name, value]) => name === ':method' && value === 'CONNECT') };
}

/** The name of the error code by which the server reset the stream, or took leave. */
export function resetReason(error: Error | undefined): string | undefined {
  return error instanceof StreamReset ? error.reason : undefined;
}
