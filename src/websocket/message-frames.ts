import { randomBytes } from 'node:crypto';
import { encodeFrameHead, encodeFrames, type FrameSpec, maskInPlace, opcode } from './frame.ts';

/** How a message is sent. */
export interface MessageForm {
  type: 'text' | 'binary';
  /** Octets of payload of each frame; one frame for all unless given. */
  fragmentsOf?: number;
  /** The frame with FIN is one more, without payload. */
  emptyLast?: boolean;
}

/** The frames of a message (RFC 6455 section 5.4); RSV1 of the first says that it is compressed (RFC 7692 section 6). */
function* cutIntoFrames(octets: Buffer, form: MessageForm, compressed: boolean): Generator<FrameSpec> {
  const { type, fragmentsOf, emptyLast = false } = form;
  const step = fragmentsOf ?? Math.max(1, octets.length);
  const count = Math.max(1, Math.ceil(octets.length / step)) + (emptyLast ? 1 : 0);
  for (let index = 0; index < count; index++)
    yield {
      fin: index === count - 1,
      rsv1: compressed && index === 0,
      opcode: index === 0 ? opcode[type] : opcode.continuation,
      payload: octets.subarray(index * step, (index + 1) * step),
    };
}

/** So much of a message is encoded at a time, about, in octets: a large one shall not stand in memory twice. */
const stretch = 262_144;

/** The octets of a message in the order in which they are sent; a small one in one piece. */
export function* encodeMessage(octets: Buffer, form: MessageForm, compressed: boolean): Generator<Buffer> {
  let specs: FrameSpec[] = [];
  let size = 0;
  for (const spec of cutIntoFrames(octets, form, compressed)) {
    specs.push(spec);
    size += spec.payload.length + 14;
    if (size < stretch) continue;
    yield* encodeInStretches(specs);
    [specs, size] = [[], 0];
  }
  if (specs.length > 0) yield encodeFrames(specs);
}

/** Frames of which only the last can be large. */
function* encodeInStretches(specs: readonly FrameSpec[]): Generator<Buffer> {
  const last = specs.at(-1);
  if (!last || last.payload.length < stretch) return yield encodeFrames(specs);
  const key = randomBytes(4);
  if (specs.length > 1) yield encodeFrames(specs.slice(0, -1));
  yield encodeFrameHead({ ...last, mask: key });
  for (let at = 0; at < last.payload.length; at += stretch) {
    const part = Buffer.from(last.payload.subarray(at, at + stretch));
    maskInPlace(part, key, at);
    yield part;
  }
}
