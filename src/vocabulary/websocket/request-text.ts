import type { FromSchema } from 'json-schema-to-ts';
import type { HandshakeRequest } from '../../websocket/handshake.ts';
import type { Names } from '../names.ts';
import { StepMistake } from '../vocabulary.ts';
import type { WebSocketActor } from './actor.ts';
import { http2Request, usualPseudoFields } from './http2-way.ts';

/** JSON Schema of an opening handshake: what is not said is as it should be. */
export const requestSchema = {
  type: 'object',
  properties: {
    method: { type: 'string', minLength: 1 },
    target: {
      type: 'string',
      minLength: 1,
      description: "The request target; the endpoint's path unless given",
    },
    version: { type: 'string', pattern: '^\\d\\.\\d$', description: 'Of HTTP: "1.1"' },
    headers: {
      type: 'object',
      description: 'Header fields to set; a list makes several fields of that name, null leaves a field out',
      additionalProperties: {
        anyOf: [
          { type: 'string' },
          { type: 'array', items: { type: 'string' }, minItems: 1 },
          { type: 'null' },
        ],
      },
    },
    raw: {
      type: 'string',
      description: 'The whole request: lines become CR LF lines, an empty line is added',
    },
  },
  additionalProperties: false,
} as const;

export type RequestText = FromSchema<typeof requestSchema>;

/** The request as the wire library wants it, and the key that it holds. */
export function requestOf(
  actor: WebSocketActor,
  text: RequestText,
  names: Names,
): { request: HandshakeRequest; key: string | undefined } {
  if (actor.options.transport === 'http2') return http2RequestOf(actor, text, names);
  if (text.raw !== undefined) {
    const raw = `${names
      .fill(text.raw)
      .replace(/\r?\n/g, '\r\n')
      .replace(/(\r\n)*$/, '')}\r\n\r\n`;
    return { request: { raw: Buffer.from(raw) }, key: /^sec-websocket-key:[ \t]*(\S*)/im.exec(raw)?.[1] };
  }
  const headers = withChanges(usualHeaders(actor), text.headers ?? {}, names);
  const key = headers.find(([name]) => name.toLowerCase() === 'sec-websocket-key')?.[1].trim();
  const request: HandshakeRequest = {
    method: text.method ?? 'GET',
    target: text.target === undefined ? actor.path : names.fill(text.target),
    version: text.version ?? '1.1',
    headers,
  };
  return { request, key };
}

/** On a stream of HTTP/2 the pseudo-header fields stand among the others, and can be changed as they can. */
function http2RequestOf(actor: WebSocketActor, text: RequestText, names: Names) {
  if (text.raw !== undefined || text.version !== undefined)
    throw new StepMistake('a request over HTTP/2 has neither octets of its own making nor a version');
  const fields = [...usualPseudoFields(actor, text), ...headersOf(actor)].map(inLowercase);
  return { request: http2Request(withChanges(fields, text.headers ?? {}, names)), key: undefined };
}

function inLowercase([name, value]: Field): Field {
  return [name.toLowerCase(), value];
}

type Field = [name: string, value: string];

function usualHeaders(actor: WebSocketActor): Field[] {
  return [
    ['Host', actor.authority],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', actor.key],
    ...headersOf(actor),
  ];
}

/** Those that mean the same over HTTP/1.1 and HTTP/2. */
function headersOf(actor: WebSocketActor): Field[] {
  const { headers, subprotocols, extensions } = actor.options;
  const fields: Field[] = [['Sec-WebSocket-Version', '13']];
  if (subprotocols.length > 0) fields.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')]);
  if (extensions !== undefined) fields.push(['Sec-WebSocket-Extensions', extensions]);
  return [...fields, ...Object.entries(headers)];
}

/** Each change takes the place of the field with its name; a new field comes last. */
function withChanges(fields: Field[], changes: NonNullable<RequestText['headers']>, names: Names): Field[] {
  let changed = fields;
  for (const [name, value] of Object.entries(changes)) {
    const fresh = (value === null ? [] : [value].flat()).map((one): Field => [name, names.fill(one)]);
    const at = changed.findIndex(([field]) => field.toLowerCase() === name.toLowerCase());
    const others = changed.filter(([field]) => field.toLowerCase() !== name.toLowerCase());
    const index = at < 0 ? others.length : at;
    changed = [...others.slice(0, index), ...fresh, ...others.slice(index)];
  }
  return changed;
}
