import { isControl, opcode } from '../../websocket/frame.ts';
import type { FrameHead } from '../../websocket/frame-parser.ts';
import type { FaultSwitch } from '../fault.ts';

/** Why a connection is failed, and with which close code. */
export interface Problem {
  code: number;
  why: string;
}

/** Where the frame stands. */
export interface FrameContext {
  /** A fragmented message has begun. */
  inside: boolean;
  /** Compression was agreed. */
  deflate: boolean;
}

const known: readonly number[] = Object.values(opcode);

/** What RFC 6455 sections 5.1 to 5.5 forbid in a client's frame; each rule can be switched off by its fault. */
export function headProblem(
  head: FrameHead,
  context: FrameContext,
  faults: FaultSwitch,
): Problem | undefined {
  const rules: [broken: boolean, fault: string, why: string][] = [
    [!head.masked, 'unmasked-frames-are-accepted', 'a client must mask its frames'],
    [hasReservedBits(head, context, faults), 'reserved-bits-are-ignored', 'a reserved bit is set'],
    [!known.includes(head.opcode), 'reserved-opcodes-are-ignored', 'the opcode is reserved'],
    [head.violations.length > 0, 'long-lengths-are-accepted', 'the length is not in its shortest form'],
  ];
  if (isControl(head.opcode))
    rules.push(
      [head.length > 125, 'long-control-frames-are-accepted', 'a control frame is too long'],
      [!head.fin, 'fragmented-control-frames-are-accepted', 'a control frame is fragmented'],
    );
  else if (head.opcode === opcode.continuation)
    rules.push([!context.inside, 'lone-continuations-are-accepted', 'there is nothing to continue']);
  else rules.push([context.inside, 'interleaved-messages-are-accepted', 'the last message is not over']);
  const broken = rules.find(([isBroken, fault]) => isBroken && !faults.active(fault));
  return broken && { code: 1002, why: broken[2] };
}

/** RSV1 means compression on the first frame of a message (RFC 7692 section 6), and nothing anywhere else. */
function hasReservedBits(head: FrameHead, { deflate }: FrameContext, faults: FaultSwitch): boolean {
  if (head.rsv2 || head.rsv3) return true;
  if (!head.rsv1) return false;
  if (!deflate) return true;
  const first = head.opcode === opcode.text || head.opcode === opcode.binary;
  return !first && !faults.active('rsv1-on-continuations-is-accepted');
}
