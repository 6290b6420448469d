import {
  acceptOffer,
  type DeflateParameters,
  type Extension,
  parseExtensions,
} from '../../websocket/deflate-offer.ts';
import { acceptFor, encodeResponse, type HandshakeCheck, judgeRequest } from '../../websocket/handshake.ts';
import { type Head, valuesOf } from '../../websocket/http-head.ts';
import type { FaultSwitch } from '../fault.ts';

/** Where the echo answers; any other path is not found. */
export const echoPath = '/echo';

/** Subprotocols that the echo takes up; each means the same to it. */
const subprotocols = ['chat', 'superchat', 'echo', 'echo.touchstone'];

const passedOver: Record<HandshakeCheck, string> = {
  method: 'any-method-opens-websocket',
  'http-version': 'http-1.0-opens-websocket',
  host: 'host-is-not-needed',
  upgrade: 'upgrade-is-not-needed',
  connection: 'connection-is-not-needed',
  key: 'key-is-not-needed',
  'key-length': 'key-of-any-length',
  version: 'any-version-opens-websocket',
  subprotocols: 'malformed-subprotocols-are-accepted',
};

/** What is answered to an opening handshake, and what was agreed where the connection is open afterwards. */
export interface EchoAnswer {
  octets: Buffer;
  open: boolean;
  deflate?: DeflateParameters;
}

/** Answers an opening handshake (RFC 6455 section 4.2.2). */
export function answerHandshake(head: Head, faults: FaultSwitch): EchoAnswer {
  const decoded = faults.active('accept-value-is-of-the-decoded-key');
  const judgement = judgeRequest(
    head,
    (check) => faults.active(passedOver[check]) || (decoded && check === 'key-length'),
  );
  if ('refuse' in judgement) return refusal(judgement.refuse, judgement.headers, judgement.why, faults);
  if (faults.active('right-requests-are-refused')) return refusal(400, {}, 'refused', faults);
  const path = judgement.target.replace(/^https?:\/\/[^/]*/, '').split('?')[0];
  if (path !== echoPath) return refusal(404, {}, 'there is nothing here', faults);
  const agreed = agreedExtension(judgement.extensions, faults);
  if (agreed === 'malformed') return refusal(400, {}, 'Sec-WebSocket-Extensions is malformed', faults);
  const headers: [string, string][] = [];
  if (!faults.active('upgrade-is-not-answered')) headers.push(['Upgrade', 'websocket']);
  if (!faults.active('connection-is-not-answered')) headers.push(['Connection', 'Upgrade']);
  const [key = ''] = valuesOf(head.headers, 'Sec-WebSocket-Key');
  const right = decoded ? acceptFor(Buffer.from(key, 'base64').toString('base64')) : judgement.accept;
  const accept = faults.active('accept-value-is-wrong') ? 'd3Jvbmcgd3JvbmcgYW5kIHdyb25n' : right;
  headers.push(['Sec-WebSocket-Accept', accept]);
  const subprotocol = knownSubprotocol(judgement.subprotocols, faults);
  if (subprotocol !== undefined) headers.push(['Sec-WebSocket-Protocol', subprotocol]);
  const field = faults.active('extension-is-invented') ? 'x-nobody-asked' : agreed?.field;
  if (field !== undefined) headers.push(['Sec-WebSocket-Extensions', field]);
  const status = faults.active('status-is-not-101') ? 200 : 101;
  return {
    octets: encodeResponse(status, headers),
    open: true,
    ...(agreed ? { deflate: agreed.parameters } : {}),
  };
}

/** Which of the subprotocols offered is taken up. */
export function knownSubprotocol(offered: readonly string[], faults: FaultSwitch): string | undefined {
  if (faults.active('subprotocol-is-invented')) return 'nobody-asked';
  return offered.find((one) => subprotocols.includes(one));
}

/** What is agreed on compression, from the values of Sec-WebSocket-Extensions. */
export function agreedExtension(
  values: readonly string[],
  faults: FaultSwitch,
): Agreement | 'malformed' | undefined {
  const offers = values.flatMap((field) => parseExtensions(field) ?? [undefined]);
  if (offers.includes(undefined) && !faults.active('malformed-extensions-are-accepted')) return 'malformed';
  return chooseOffer(
    offers.filter((offer) => offer !== undefined),
    faults,
  );
}

function refusal(
  status: number,
  headers: Record<string, string>,
  why: string,
  faults: FaultSwitch,
): EchoAnswer {
  const fields = Object.entries(headers).filter(
    ([name]) => name !== 'Sec-WebSocket-Version' || !faults.active('versions-are-not-listed'),
  );
  const shown = faults.active('refusals-are-successes') ? 200 : status;
  const connection: [string, string][] = fields.some(([name]) => name === 'Connection')
    ? []
    : [['Connection', 'close']];
  return { octets: encodeResponse(shown, [...fields, ...connection], `${why}\n`), open: false };
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
