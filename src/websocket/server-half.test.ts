import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { decodeClose, encodeClose } from './close-code.ts';
import { Deflater, Inflater } from './deflate.ts';
import { acceptOffer, type DeflateParameters, parseExtensions } from './deflate-offer.ts';
import { encodeFrame, type Frame, opcode } from './frame.ts';
import { FrameParser } from './frame-parser.ts';
import { encodeResponse, judgeRequest } from './handshake.ts';
import { type Head, HeadReader, valuesOf } from './http-head.ts';
import { startScriptedServer } from './scripted-server.ts';

const leftovers: (() => void)[] = [];
afterEach(() => {
  for (const tidy of leftovers.splice(0).reverse()) tidy();
});

const largest = 16 * 1_048_576;

/** A server made of this library's parts: it takes an opening handshake and sends back every frame. */
async function ourServer(): Promise<number> {
  const server = await startScriptedServer((socket) => {
    const reader = new HeadReader();
    socket.on('data', function begin(octets: Buffer) {
      const head = reader.write(octets);
      if (!head) return;
      socket.off('data', begin);
      answer(socket, head);
    });
  });
  leftovers.push(() => server.close());
  return server.port;
}

function answer(socket: Socket, { headers, ...head }: Head): void {
  const judgement = judgeRequest({ headers, ...head });
  if ('refuse' in judgement) {
    socket.end(encodeResponse(judgement.refuse, Object.entries(judgement.headers), judgement.why));
    return;
  }
  const offers = valuesOf(headers, 'Sec-WebSocket-Extensions').flatMap(
    (field) => parseExtensions(field) ?? [],
  );
  const agreed = offers.map(acceptOffer).find((one) => one !== undefined);
  const [subprotocol] = judgement.subprotocols;
  socket.write(
    encodeResponse(101, [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', judgement.accept],
      ...(subprotocol === undefined ? [] : [['Sec-WebSocket-Protocol', subprotocol] as const]),
      ...(agreed ? [['Sec-WebSocket-Extensions', agreed.field] as const] : []),
    ]),
  );
  echoFrames(socket, agreed?.parameters);
}

function echoFrames(socket: Socket, agreed: DeflateParameters | undefined): void {
  const inflater =
    agreed && new Inflater(agreed.clientMaxWindowBits, !agreed.clientNoContextTakeover, largest);
  const deflater = agreed && new Deflater(agreed.serverMaxWindowBits, !agreed.serverNoContextTakeover);
  let work = Promise.resolve();
  const echo = async ({ fin, rsv1, opcode: code, payload }: Frame): Promise<void> => {
    let echoed = payload;
    if (rsv1 && inflater && deflater) echoed = await deflater.deflate(await inflater.inflate(payload));
    if (code === opcode.close) echoed = encodeClose(decodeClose(payload));
    const answered = code === opcode.ping ? opcode.pong : code;
    socket.write(encodeFrame({ opcode: answered, fin, rsv1, mask: false, payload: echoed }));
    if (code === opcode.close) socket.end();
  };
  const parser = new FrameParser({
    onFrame(frame, violations) {
      // A client of ws masks its frames and writes the shortest lengths.
      if (!frame.masked || violations.length > 0) socket.destroy();
      work = work.then(() => echo(frame)).catch(() => void socket.destroy());
    },
  });
  socket.on('data', (octets: Buffer) => parser.write(octets));
}

async function clientOf(port: number, options: object, subprotocols: string[] = []): Promise<WebSocket> {
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, subprotocols, options);
  leftovers.push(() => client.terminate());
  await once(client, 'open');
  return client;
}

describe('a client of ws and the server half', () => {
  const messages = [0, 1, 125, 126, 65_535, 65_536, 300_000].map((size) => Buffer.alloc(size, 'Grüße '));

  it.each([
    false,
    { threshold: 0 },
    { threshold: 0, clientNoContextTakeover: true },
    { threshold: 0, serverNoContextTakeover: true },
    { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
    { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
    { threshold: 0, serverMaxWindowBits: 12, serverNoContextTakeover: true },
  ])('exchange messages, permessage-deflate %j', async (perMessageDeflate) => {
    const client = await clientOf(await ourServer(), { perMessageDeflate });
    expect(client.extensions).toBe(perMessageDeflate ? 'permessage-deflate' : '');
    for (const payload of [...messages, ...messages]) {
      const echoed = once(client, 'message');
      client.send(payload);
      expect(((await echoed)[0] as Buffer).equals(payload)).toBe(true);
    }
  });

  it('agree on a subprotocol, a pong and a close code', async () => {
    const client = await clientOf(await ourServer(), {}, ['first', 'second']);
    expect(client.protocol).toBe('first');
    const pong = once(client, 'pong');
    client.ping('there?');
    expect(String((await pong)[0])).toBe('there?');
    const closed = once(client, 'close');
    client.close(3000, 'done');
    expect(await closed).toEqual([3000, Buffer.from('done')]);
  });

  it('do not open another version of the protocol', async () => {
    const client = new WebSocket(`ws://127.0.0.1:${await ourServer()}/`, { protocolVersion: 8 });
    leftovers.push(() => client.terminate());
    const [error] = await once(client, 'error');
    expect(String(error)).toContain('426');
  });
});
