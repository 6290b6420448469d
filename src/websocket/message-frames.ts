import { type FrameSpec, opcode } from './frame.ts';

/** How a message is sent. */
export interface MessageForm {
  type: 'text' | 'binary';
  /** Octets of payload of each frame; one frame for all unless given. */
  fragmentsOf?: number;
  /** The frame with FIN is one more, without payload. */
  emptyLast?: boolean;
}

/** The frames of a message (RFC 6455 section 5.4); RSV1 of the first says that it is compressed (RFC 7692 section 6). */
export function cutIntoFrames(octets: Buffer, form: MessageForm, compressed: boolean): FrameSpec[] {
  const { type, fragmentsOf, emptyLast = false } = form;
  const step = fragmentsOf ?? Math.max(1, octets.length);
  const count = Math.max(1, Math.ceil(octets.length / step)) + (emptyLast ? 1 : 0);
  return Array.from({ length: count }, (_, index) => ({
    fin: index === count - 1,
    rsv1: compressed && index === 0,
    opcode: index === 0 ? opcode[type] : opcode.continuation,
    payload: octets.subarray(index * step, (index + 1) * step),
  }));
}
