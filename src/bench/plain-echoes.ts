import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type Case, verbSteps } from '../suite/case.ts';
import { Names } from '../vocabulary/names.ts';
import { makePayload, type PayloadRecipe } from '../vocabulary/payload.ts';
import { parseSize } from '../vocabulary/quantity.ts';
import { MessageCutter } from '../vocabulary/websocket/exchanging.ts';

/** The messages of a case, as a plain client sends them: one after another, each when the last one is back. */
export interface PlainEchoes {
  binary: boolean;
  compress: boolean;
  count: number;
  next(): Buffer;
  fragmentsOf: number | undefined;
}

const names = new Names(() => undefined);

/** What the case sends: its step that sends a message or exchanges many. Undefined where it has none. */
export function plainEchoesOf(one: Case): PlainEchoes | undefined {
  const step = verbSteps(one.steps).find(({ verb }) =>
    /^(sends|exchanges) .*\{text\|binary\}/.test(verb.phrase),
  );
  if (!step) return undefined;
  const { phrase } = step.verb;
  const binary = step.slots['text|binary'] === 'binary';
  const compress = phrase.includes('compressed');
  if (phrase.startsWith('exchanges')) {
    const value = step.value as {
      of: number | string;
      from: PayloadRecipe;
      'in fragments of'?: number | string;
    };
    const cutter = new MessageCutter(makePayload(value.from, names), parseSize(value.of) ?? 0, !binary);
    const fragments = value['in fragments of'];
    const fragmentsOf = fragments === undefined ? undefined : parseSize(fragments);
    return { binary, compress, count: Number(step.slots.count), next: () => cutter.next(), fragmentsOf };
  }
  const payload = makePayload(step.value as PayloadRecipe, names);
  const fragmentsOf = phrase.includes('in fragments of') ? Number(step.slots.octets) : undefined;
  return { binary, compress, count: 1, next: () => payload, fragmentsOf };
}

/** Opens a connection by `ws`, echoes the messages and compares them, and closes. Throws where one differs. */
export async function echoPlainly(url: string, echoes: PlainEchoes): Promise<void> {
  const { binary, compress, count, fragmentsOf } = echoes;
  const limits = { maxPayload: 64 * 1_048_576, maxFragments: 0, maxBufferedChunks: 0 };
  const deflate = compress && { clientNoContextTakeover: true };
  const socket = new WebSocket(url, { perMessageDeflate: deflate, ...limits });
  await once(socket, 'open');
  for (let round = 0; round < count; round++) {
    const message = echoes.next();
    const back = once(socket, 'message');
    if (fragmentsOf === undefined) socket.send(message, { binary });
    else
      for (let at = 0; at < message.length; at += fragmentsOf)
        socket.send(message.subarray(at, at + fragmentsOf), {
          binary,
          fin: at + fragmentsOf >= message.length,
        });
    const [data] = (await back) as [Buffer];
    if (!message.equals(data)) throw new Error('A plain client got back another message than it sent.');
  }
  socket.close();
  await once(socket, 'close');
}
