import type { DeflateParameters } from '../../websocket/deflate-offer.ts';
import { listOf, valuesOf } from '../../websocket/http-head.ts';
import type { Field } from '../../websocket/http2/hpack.ts';
import type { FaultSwitch } from '../fault.ts';
import { agreedExtension, echoPath, knownSubprotocol } from './echo-handshake.ts';

/** What is answered to the fields that open a stream. */
export type StreamAnswer =
  /** The request is malformed (RFC 9113 section 8.1.1): the stream is reset with PROTOCOL_ERROR. */
  { malformed: string } | { refuse: Field[] } | { open: Field[]; deflate?: DeflateParameters };

/** Fields that have no place in HTTP/2 (RFC 9113 section 8.2.2). */
const ofConnections = ['connection', 'upgrade', 'keep-alive', 'proxy-connection', 'transfer-encoding'];

/** Answers the fields of a request (RFC 8441 sections 4 and 5). */
export function answerFields(all: readonly Field[], faults: FaultSwitch): StreamAnswer {
  const fields = faults.active('pseudo-fields-may-be-repeated') ? firstOfEach(all) : all;
  const malformed = problemOf(fields, faults);
  if (malformed) return { malformed };
  const value = (name: string) => fields.find(([field]) => field === name)?.[1];
  if (value(':method') !== 'CONNECT') return refusal('405', [['allow', 'CONNECT']]);
  const protocol = value(':protocol');
  if (protocol === undefined && !faults.active('connect-without-protocol-opens-websocket'))
    return refusal('501');
  if (protocol !== undefined && protocol !== 'websocket' && !faults.active('any-protocol-opens-websocket'))
    return refusal('501');
  return answerOpening(fields, faults);
}

function answerOpening(fields: readonly Field[], faults: FaultSwitch): StreamAnswer {
  const value = (name: string) => valuesOf(fields, name)[0];
  if (faults.active('every-connect-is-refused')) return refusal('400');
  if (faults.active('key-is-processed-over-http2') && value('sec-websocket-key') === undefined)
    return refusal('400');
  if ((value(':path') ?? echoPath).split('?')[0] !== echoPath) return refusal('404');
  const versions = valuesOf(fields, 'sec-websocket-version');
  if (versions.join() !== '13' && !faults.active('version-does-not-count-over-http2'))
    return refusal('400', [['sec-websocket-version', '13']]);
  const extension = agreedExtension(valuesOf(fields, 'sec-websocket-extensions'), faults);
  if (extension === 'malformed') return refusal('400');
  const status = faults.active('status-101-over-http2') ? '101' : '200';
  const answer: Field[] = [
    [':status', status],
    ...subprotocolField(listOf(fields, 'sec-websocket-protocol'), faults),
  ];
  const field = faults.active('extensions-do-not-count-over-http2') ? 'x-nobody-asked' : extension?.field;
  if (field !== undefined) answer.push(['sec-websocket-extensions', field]);
  if (faults.active('upgrade-fields-are-sent-over-http2'))
    answer.push(['upgrade', 'websocket'], ['connection', 'Upgrade']);
  return { open: answer, ...(extension ? { deflate: extension.parameters } : {}) };
}

function subprotocolField(offered: readonly string[], faults: FaultSwitch): Field[] {
  const invented = faults.active('subprotocols-do-not-count-over-http2');
  const subprotocol = invented ? 'nobody-asked' : knownSubprotocol(offered, faults);
  if (subprotocol === undefined) return [];
  const name = faults.active('uppercase-names-are-sent')
    ? 'Sec-WebSocket-Protocol'
    : 'sec-websocket-protocol';
  return [[name, subprotocol]];
}

function refusal(status: string, fields: Field[] = []): StreamAnswer {
  return { refuse: [[':status', status], ...fields] };
}

/** Why a request is malformed. */
function problemOf(fields: readonly Field[], faults: FaultSwitch): string | undefined {
  const names = fields.map(([name]) => name);
  const pseudo = names.filter((name) => name.startsWith(':'));
  const value = (name: string) => fields.find(([field]) => field === name)?.[1];
  if (new Set(pseudo).size < pseudo.length) return 'a pseudo-header field is repeated';
  if (names.slice(pseudo.length).some((name) => name.startsWith(':')))
    return 'a pseudo-header field comes after another field';
  const known = [':method', ':scheme', ':path', ':authority', ':protocol'];
  if (pseudo.some((name) => !known.includes(name))) return 'a pseudo-header field is unknown';
  const isPlainConnect = value(':method') === 'CONNECT' && value(':protocol') === undefined;
  const needed = isPlainConnect ? [':authority'] : [':method', ':scheme', ':path'];
  if (needed.some((name) => !value(name)) && !faults.active('scheme-and-path-are-not-needed'))
    return 'a pseudo-header field is missing';
  if (value(':protocol') !== undefined && value(':method') !== 'CONNECT') return ':protocol is for CONNECT';
  if (names.some((name) => /[A-Z]/.test(name)) && !faults.active('uppercase-names-are-accepted'))
    return 'the name of a field is in uppercase';
  const foreign = names.some((name) => ofConnections.includes(name));
  return foreign && !faults.active('upgrade-fields-are-accepted-over-http2')
    ? 'a field concerns the connection'
    : undefined;
}

function firstOfEach(fields: readonly Field[]): Field[] {
  return fields.filter(
    ([name], index) => !name.startsWith(':') || fields.findIndex(([other]) => other === name) === index,
  );
}
