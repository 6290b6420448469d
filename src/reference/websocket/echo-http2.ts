import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DeflateParameters } from '../../websocket/deflate-offer.ts';
import { listOf } from '../../websocket/http-head.ts';
import type { Field } from '../../websocket/http2/hpack.ts';
import { largestFrame } from '../../websocket/http2/http2-frame.ts';
import { Http2Session } from '../../websocket/http2/http2-session.ts';
import type { Http2Stream } from '../../websocket/http2/http2-stream.ts';
import type { Ground } from '../service.ts';
import { answerFields } from './echo-http2-handshake.ts';

export interface Http2Serving {
  ground: Ground;
  /** Gets a stream on which a WebSocket is open. */
  serve(stream: Http2Stream, deflate: DeflateParameters | undefined): void;
  endServer(): void;
}

/** The server's side of one HTTP/2 connection, every stream of which may be a WebSocket (RFC 8441). */
export function serveHttp2(socket: Duplex, serving: Http2Serving): void {
  const { ground, endServer } = serving;
  const active = (name: string) => ground.faults.active(name);
  const announced = active('connect-protocol-is-announced-by-2') ? 2 : 1;
  let streams = 0;
  const session = new Http2Session(socket, {
    role: 'server',
    settings: {
      MAX_CONCURRENT_STREAMS: 100,
      ...(active('connect-protocol-is-not-announced') ? {} : { ENABLE_CONNECT_PROTOCOL: announced }),
    },
    disregardsWindows: () => active('flow-control-is-disregarded'),
    keepsWindowsShut: () => active('windows-stay-shut'),
    onStream: (stream, fields) => {
      streams++;
      stream.once('close', () => {
        streams--;
        if (active('one-stream-ends-all')) session.destroy();
      });
      if (sizeOf(fields) > largestFrame && active('large-header-blocks-end-the-server')) {
        endServer();
        return session.destroy();
      }
      if (streams > 1 && active('one-stream-at-a-time')) return stream.reset('REFUSED_STREAM');
      if (active('connect-protocol-is-withdrawn')) session.sendSettings({ ENABLE_CONNECT_PROTOCOL: 0 });
      answer(session, stream, fields, serving);
    },
  });
  socket.on('error', () => undefined);
}

function sizeOf(fields: readonly Field[]): number {
  return fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}

function answer(
  session: Http2Session,
  stream: Http2Stream,
  fields: readonly Field[],
  { ground: { faults }, serve }: Http2Serving,
): void {
  if (faults.active('connect-tunnels-to-the-authority')) return tunnel(stream, fields);
  const isConnect = fields.some(([name, value]) => name === ':method' && value === 'CONNECT');
  if (!isConnect && faults.active('plain-requests-are-not-answered-over-http2')) return void stream.resume();
  const said = session.peer.get('ENABLE_CONNECT_PROTOCOL');
  const counts = said !== undefined && faults.active('connect-protocol-of-clients-counts');
  const answer = answerFields(fields, faults);
  if ('malformed' in answer || counts) stream.reset('PROTOCOL_ERROR');
  else if ('refuse' in answer) {
    stream.sendFields(answer.refuse, { end: true });
    stream.resume();
  } else {
    stream.sendFields(answer.open);
    serve(stream, answer.deflate);
  }
}

/** Only with a fault on: what a CONNECT without :protocol asks of a proxy. */
function tunnel(stream: Http2Stream, fields: readonly Field[]): void {
  const [authority = ''] = listOf(fields, ':authority');
  const port = Number(authority.split(':').at(-1));
  const host = authority.split(':').slice(0, -1).join(':');
  const beyond = connect({ host, port: Number.isInteger(port) && port < 65_536 ? port : 1 });
  beyond.once('connect', () => stream.sendFields([[':status', '200']]));
  beyond.once('error', () => stream.reset('CONNECT_ERROR'));
  stream.once('close', () => beyond.destroy());
  stream.pipe(beyond).pipe(stream);
}
