import {
  acceptOffer,
  type DeflateParameters,
  type Extension,
  parseExtensions,
} from '../../websocket/deflate-offer.ts';
import { acceptFor, encodeResponse, type HandshakeCheck, judgeRequest } from '../../websocket/handshake.ts';
import {
  type Head,
  type HeadCheck,
  type HeadError,
  HeadReader,
  valuesOf,
} from '../../websocket/http-head.ts';
import type { FaultSwitch } from '../fault.ts';

/** Where the echo answers; any other path is not found. */
export const echoPath = '/echo';

/** Subprotocols that the echo takes up; each means the same to it. */
const subprotocols = ['chat', 'superchat', 'echo', 'echo.touchstone'];

const passedOver: Record<HandshakeCheck, string> = {
  method: 'any-method-opens-websocket',
  'http-version': 'http-1.0-opens-websocket',
  host: 'host-is-not-needed',
  'host-form': 'hosts-of-any-form-are-accepted',
  length: 'lengths-of-bodies-are-not-read',
  'transfer-coding': 'transfer-codings-are-not-read',
  body: 'bodies-are-taken-for-frames',
  upgrade: 'upgrade-is-not-needed',
  connection: 'connection-is-not-needed',
  key: 'key-is-not-needed',
  'key-length': 'key-of-any-length',
  version: 'any-version-opens-websocket',
  subprotocols: 'malformed-subprotocols-are-accepted',
};

const syntaxPassedOver: Record<HeadCheck, string> = {
  'control-characters': 'control-characters-are-passed-over',
  'bare-cr': 'bare-crs-end-lines',
  'white-space-before-colon': 'white-space-before-colons-is-passed-over',
  'field-line': 'malformed-header-fields-are-passed-over',
};

/** Reads requests as a server does. */
export function requestReader(faults: FaultSwitch): HeadReader {
  return new HeadReader(
    {},
    {
      emptyLineFirst: () => !faults.active('empty-lines-are-not-passed-over'),
      passesOver: (check) => faults.active(syntaxPassedOver[check]),
    },
  );
}

/** Answers what is no request, or one that is too long (RFC 9112 section 3, RFC 6585 section 5). */
export function answerMalformed(
  { tooLarge, inFirstLine, message }: HeadError,
  faults: FaultSwitch,
): EchoAnswer {
  const status = inFirstLine ? 414 : 431;
  return refusal(tooLarge ? status : 400, {}, message, faults);
}

/** What is answered to an opening handshake, and what was agreed where the connection is open afterwards. */
export interface EchoAnswer {
  octets: Buffer;
  open: boolean;
  deflate?: DeflateParameters;
}

/** Answers an opening handshake (RFC 6455 section 4.2.2). */
export function answerHandshake(written: Head, faults: FaultSwitch): EchoAnswer {
  const head = faults.active('malformed-request-lines-are-accepted')
    ? { ...written, firstLine: `GET ${echoPath} HTTP/1.1` }
    : written;
  const answer = judge(head, faults);
  // What answers HEAD ends with its head (RFC 9110 section 9.3.2).
  if (answer.open || !head.firstLine.startsWith('HEAD ')) return answer;
  return { ...answer, octets: answer.octets.subarray(0, answer.octets.indexOf('\r\n\r\n') + 4) };
}

function judge(head: Head, faults: FaultSwitch): EchoAnswer {
  const decoded = faults.active('accept-value-is-of-the-decoded-key');
  const judgement = judgeRequest(
    listsAsRead(head, faults),
    (check) => faults.active(passedOver[check]) || (decoded && check === 'key-length'),
  );
  if ('refuse' in judgement) return refusal(judgement.refuse, judgement.headers, judgement.why, faults);
  if (faults.active('right-requests-are-refused')) return refusal(400, {}, 'refused', faults);
  if (faults.active('cookies-break-handshakes') && valuesOf(head.headers, 'Cookie').length > 0)
    return refusal(500, {}, 'a cookie', faults);
  const path = judgement.target.replace(/^https?:\/\/[^/]*/, '').split('?')[0];
  if (path !== echoPath) return notFound(faults);
  const agreed = agreedExtension(judgement.extensions, faults);
  if (agreed === 'malformed') return refusal(400, {}, 'Sec-WebSocket-Extensions is malformed', faults);
  const [key = ''] = valuesOf(head.headers, 'Sec-WebSocket-Key');
  const accept = decoded ? acceptFor(Buffer.from(key, 'base64').toString('base64')) : judgement.accept;
  const subprotocol = knownSubprotocol(judgement.subprotocols, faults);
  const headers = answerFields({ accept, subprotocol, extensions: agreed?.field }, faults);
  const octets = encodeResponse(faults.active('status-is-not-101') ? 200 : 101, headers);
  return { octets, open: true, ...(agreed ? { deflate: agreed.parameters } : {}) };
}

/** Only with a fault on: lists of Upgrade and Connection are taken for single words. */
function listsAsRead(head: Head, faults: FaultSwitch): Head {
  if (!faults.active('lists-are-taken-for-words')) return head;
  const named = head.headers.map(([name, value]): [string, string] =>
    /^(?:upgrade|connection)$/i.test(name) ? [name, value.replaceAll(',', ';')] : [name, value],
  );
  return { ...head, headers: named };
}

/** Which of the subprotocols offered is taken up. */
export function knownSubprotocol(offered: readonly string[], faults: FaultSwitch): string | undefined {
  if (faults.active('subprotocol-is-invented')) return 'nobody-asked';
  if (!faults.active('subprotocols-are-answered-in-lower-case'))
    return offered.find((one) => subprotocols.includes(one));
  return offered.map((one) => one.toLowerCase()).find((one) => subprotocols.includes(one));
}

/** The header fields of the answer 101. */
function answerFields(
  agreed: { accept: string; subprotocol: string | undefined; extensions: string | undefined },
  faults: FaultSwitch,
): [string, string][] {
  const headers: [string, string][] = [];
  if (!faults.active('upgrade-is-not-answered')) headers.push(['Upgrade', 'websocket']);
  if (!faults.active('connection-is-not-answered')) headers.push(['Connection', 'Upgrade']);
  const accept = faults.active('accept-value-is-wrong') ? 'd3Jvbmcgd3JvbmcgYW5kIHdyb25n' : agreed.accept;
  headers.push(['Sec-WebSocket-Accept', accept]);
  if (agreed.subprotocol !== undefined) headers.push(['Sec-WebSocket-Protocol', agreed.subprotocol]);
  const field = faults.active('extension-is-invented') ? 'x-nobody-asked' : agreed.extensions;
  if (field !== undefined) headers.push(['Sec-WebSocket-Extensions', field]);
  if (faults.active('success-announces-a-body')) headers.push(['Content-Length', '0']);
  if (faults.active('success-names-versions')) headers.push(['Sec-WebSocket-Version', '13']);
  if (faults.active('cookies-are-set-without-a-name')) headers.push(['Set-Cookie', 'one two, three']);
  return headers;
}

/** What is agreed on compression, from the values of Sec-WebSocket-Extensions. */
export function agreedExtension(
  values: readonly string[],
  faults: FaultSwitch,
): Agreement | 'malformed' | undefined {
  const offers = values.flatMap((field) => {
    const read = parseExtensions(field);
    return read === undefined || read.length === 0 ? [undefined] : read;
  });
  if (offers.includes(undefined) && !faults.active('malformed-extensions-are-accepted')) return 'malformed';
  return chooseOffer(
    offers.filter((offer) => offer !== undefined),
    faults,
  );
}

function notFound(faults: FaultSwitch): EchoAnswer {
  if (faults.active('redirects-lead-nowhere')) return refusal(302, {}, 'elsewhere', faults);
  return refusal(404, {}, 'there is nothing here', faults);
}

/** An HTTP error that ends the connection. */
export function refusal(
  status: number,
  headers: Record<string, string>,
  why: string,
  faults: FaultSwitch,
): EchoAnswer {
  const fields = Object.entries(headers).filter(
    ([name]) =>
      !(name === 'Sec-WebSocket-Version' && faults.active('versions-are-not-listed')) &&
      !(/^(?:Allow|Upgrade)$/.test(name) && faults.active('refusals-lack-what-http-demands')),
  );
  if (!fields.some(([name]) => name === 'Connection')) fields.push(['Connection', 'close']);
  if (faults.active('refusals-have-an-accept-value'))
    fields.push(['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=']);
  const shown = faults.active('refusals-are-successes') ? 200 : status;
  const octets = encodeResponse(shown, fields, `${why}\n`);
  const cut = faults.active('bodies-of-refusals-are-cut') ? octets.subarray(0, -1) : octets;
  return { octets: cut, open: false };
}

/** The first offer that can be accepted (RFC 7692 section 5). */
function chooseOffer(offers: readonly Extension[], faults: FaultSwitch): Agreement | undefined {
  if (faults.active('deflate-is-declined')) return undefined;
  const considered = faults.active('first-deflate-offer-only') ? offers.slice(0, 1) : offers;
  for (const offer of considered) {
    const agreed = acceptOffer(offer) ?? illegally(offer, faults);
    if (!agreed) continue;
    const narrow = faults.active('windows-are-narrow') && !agreed.field.includes('max_window_bits');
    return narrow ? narrowed(agreed) : { ...agreed, field: answered(agreed.field, faults) };
  }
  return undefined;
}

type Agreement = NonNullable<ReturnType<typeof acceptOffer>>;

/** The agreement with the smallest window that zlib has, which nobody asked for. */
function narrowed({ parameters, field }: Agreement): Agreement {
  return {
    parameters: { ...parameters, serverMaxWindowBits: 9 },
    field: `${field}; server_max_window_bits=9`,
  };
}

/** The agreement as it is answered. */
function answered(field: string, faults: FaultSwitch): string {
  if (faults.active('deflate-answer-is-illegal')) return 'permessage-deflate; server_max_window_bits=7';
  if (faults.active('deflate-parameters-are-not-confirmed')) return 'permessage-deflate';
  if (faults.active('deflate-is-accepted-twice')) return `${field}, permessage-deflate`;
  if (faults.active('deflate-answer-repeats-a-parameter'))
    return `${field}; client_no_context_takeover; client_no_context_takeover`;
  if (faults.active('client-window-is-limited-unasked')) return `${field}; client_max_window_bits=15`;
  if (faults.active('server-window-is-larger-than-asked'))
    return field.replace(/server_max_window_bits=\d+/, 'server_max_window_bits=15');
  return field;
}

function illegally(offer: Extension, faults: FaultSwitch): Agreement | undefined {
  if (offer.name !== 'permessage-deflate' || !faults.active('illegal-deflate-offers-are-accepted'))
    return undefined;
  return acceptOffer({ name: offer.name, parameters: [] });
}
