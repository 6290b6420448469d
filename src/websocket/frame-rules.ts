import { isControl, opcode } from './frame.ts';
import type { FrameHead } from './frame-parser.ts';
import type { Violation } from './violation.ts';

/** A rule for frames, by name, so that whoever judges can pass one over. */
export type FrameRule =
  | 'masking'
  | 'reserved-bits'
  | 'place-of-rsv1'
  | 'opcode'
  | 'length-form'
  | 'control-length'
  | 'control-fragment'
  | 'continuation'
  | 'interleaving';

export interface BrokenRule extends Violation {
  rule: FrameRule;
}

/** Who sent a frame, and where it stands. */
export interface FrameContext {
  from: 'client' | 'server';
  /** A fragmented message has begun. */
  inside: boolean;
  /** permessage-deflate was agreed. */
  deflate: boolean;
}

/** What RFC 6455 sections 5.1 to 5.5 and RFC 7692 section 6.1 forbid in a frame where it stands, worst first. */
export function brokenRules(head: Omit<FrameHead, 'maskKey'>, context: FrameContext): BrokenRule[] {
  const { opcode: code, length } = head;
  const broken: BrokenRule[] = [];
  const check = (isBroken: boolean, rule: FrameRule, section: string, text: string) => {
    if (isBroken) broken.push({ rule, section, text });
  };
  if (context.from === 'server') check(head.masked, 'masking', '5.1', 'a frame from the server is masked');
  else check(!head.masked, 'masking', '5.1', 'a frame from the client is not masked');
  check(
    (head.rsv1 && !context.deflate) || head.rsv2 || head.rsv3,
    'reserved-bits',
    '5.2',
    'a reserved bit is set that no extension gives a meaning',
  );
  check(
    head.rsv1 && context.deflate && code !== opcode.text && code !== opcode.binary,
    'place-of-rsv1',
    'RFC 7692 6.1',
    'RSV1 is set on a frame that begins no message',
  );
  check(!isKnown(code), 'opcode', '5.2', `a frame has the reserved opcode ${code}`);
  for (const { section, text } of head.violations) check(true, 'length-form', section, text);
  if (isControl(code)) {
    check(length > 125, 'control-length', '5.5', `a control frame has ${length} octets`);
    check(!head.fin, 'control-fragment', '5.4', 'a control frame is fragmented');
  } else if (code === opcode.continuation)
    check(!context.inside, 'continuation', '5.4', 'a continuation frame continues no message');
  else check(context.inside, 'interleaving', '5.4', 'a message begins inside another one');
  return broken;
}

function isKnown(code: number): boolean {
  const known: readonly number[] = Object.values(opcode);
  return known.includes(code);
}
