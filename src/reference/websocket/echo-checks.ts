import type { FrameHead } from '../../websocket/frame-parser.ts';
import { brokenRules, type FrameContext, type FrameRule } from '../../websocket/frame-rules.ts';
import type { FaultSwitch } from '../fault.ts';

/** Why a connection is failed, and with which close code. */
export interface Problem {
  code: number;
  why: string;
}

/** The faults that pass a rule over. */
const passedOver: Record<FrameRule, readonly string[]> = {
  masking: ['unmasked-frames-are-accepted'],
  'reserved-bits': ['reserved-bits-are-ignored'],
  'place-of-rsv1': ['reserved-bits-are-ignored', 'rsv1-on-continuations-is-accepted'],
  opcode: ['reserved-opcodes-are-ignored'],
  'length-form': ['long-lengths-are-accepted'],
  'control-length': ['long-control-frames-are-accepted'],
  'control-fragment': ['fragmented-control-frames-are-accepted'],
  continuation: ['lone-continuations-are-accepted'],
  interleaving: ['interleaved-messages-are-accepted'],
};

/** What is forbidden in a client's frame; each rule can be switched off by its fault. */
export function headProblem(
  head: FrameHead,
  context: Omit<FrameContext, 'from'>,
  faults: FaultSwitch,
): Problem | undefined {
  const broken = brokenRules(head, { ...context, from: 'client' });
  const due = broken.find(({ rule }) => !passedOver[rule].some((fault) => faults.active(fault)));
  return due && { code: 1002, why: due.text };
}
