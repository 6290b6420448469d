import type { FaultRow } from './fault-row.ts';

/** What the echo endpoint does wrong with frames and the messages that they make. */
export const frameFaults: FaultRow[] = [
  ['unmasked-frames-are-accepted', 'rfc6455/5.1-unmasked*', 'Takes frames without a mask'],
  ['own-frames-are-masked', 'rfc6455/5.1-server*', 'Masks its frames'],
  [
    'reserved-bits-are-ignored',
    `rfc6455/5.2-rsv1-fails rfc6455/5.2-rsv2-fails rfc7692/6.1-rsv1-on-continuation-fails
      rfc7692/6.1-rsv1-on-control-fails`,
    'Takes frames with reserved bits set',
  ],
  ['reserved-bits-are-sent', 'rfc6455/5.2-rsv-not* rfc6455/6.1-frames*', 'Sets RSV3 in its frames'],
  ['reserved-opcodes-are-ignored', 'rfc6455/5.2-unknown*', 'Passes over frames with a reserved opcode'],
  [
    'reserved-opcodes-are-sent',
    'rfc6455/5.2-server-opcodes*',
    'Sends a frame with opcode 3 before its answers',
  ],
  [
    'long-control-frames-are-accepted',
    'rfc6455/5.5-control-length-received*',
    'Takes control frames over 125 octets',
  ],
  [
    'fragmented-control-frames-are-accepted',
    'rfc6455/5.4-control-fragmented*',
    'Takes control frames without FIN',
  ],
  [
    'fragmented-pongs-are-sent',
    `rfc6455/5.4-control-not-fragmented rfc6455/5.5.2-pong-soon rfc6455/5.5.2-server-pings
      rfc6455/5.5.3-pong-latest-only`,
    'Sends pongs without FIN',
  ],
  ['interleaved-messages-are-accepted', 'rfc6455/5.4-interleaved*', 'Takes a new message inside another'],
  [
    'lone-continuations-are-accepted',
    'rfc6455/5.4-continuation*',
    'Takes a continuation of nothing for a message',
  ],
  ['long-lengths-are-sent', 'rfc6455/5.2-length-minimal', 'Writes every length in the 64-bit form'],
  [
    'long-lengths-are-accepted',
    'rfc6455/5.2-length-minimal-received',
    'Takes lengths in a longer form than needed',
  ],
  [
    'top-bit-of-length-is-ignored',
    'rfc6455/5.2-length-64-bit-top*',
    'Reads on when the top bit of a length is set',
    true,
  ],
  [
    'pings-go-unanswered',
    `rfc6455/5.4-control-in-between rfc6455/5.5.2-ping-answered rfc6455/5.5.2-ping-with-data
      rfc6455/5.5.3-pong-unsolicited-received rfc6455/6.2-control-handled`,
    'Sends no pongs',
    true,
  ],
  [
    'pongs-are-empty',
    'rfc6455/5.4-control-not-fragmented rfc6455/5.5.3-pong-same-data',
    'Sends pongs without the data of the ping',
    true,
  ],
  [
    'pings-wait-for-the-message',
    'rfc6455/5.4-control-in-between rfc6455/5.5.2-pong-soon',
    'Answers a ping inside a message when the message has ended',
    true,
  ],
  [
    'pings-inside-messages-break-them',
    'rfc6455/5.4-control-in-between rfc7692/6.2-control-between-fragments',
    'Drops a fragmented message when a ping comes inside it',
    true,
  ],
  ['pongs-are-answered', 'rfc6455/5.5.3-pong-unsolicited*', 'Answers pongs with pongs'],
  [
    'text-is-echoed-as-binary',
    `rfc6455/5.4-one-type rfc6455/5.6-text-split-code-point rfc6455/5.6-text-utf-8-sent
      rfc6455/6.1-opcode-of-type`,
    'Echoes text in binary messages',
  ],
  [
    'echo-is-changed',
    `rfc6455/10.4-limits-protected rfc6455/10.7-length-decides-end rfc6455/5.2-length-64-bit
      rfc6455/5.2-mask-bit-read rfc6455/5.3-any-masking-key rfc6455/5.4-fragmented
      rfc6455/5.6-text-split-code-point rfc6455/6.2-next-message rfc6455/7.2.3-survives-abnormal-closure
      rfc6455/8.1-valid-utf-8-accepted rfc7692/6.2-concatenates-fragments rfc7692/6.2-decompresses
      rfc7692/7.2.2-appends-tail wss/rfc8446-5.1-any-fragmentation`,
    'Changes the first octet of every message',
  ],
  [
    'echo-is-cut',
    `rfc6455/5.2-length-64-bit rfc6455/5.4-empty-fragments rfc6455/5.4-fragmented
      rfc6455/5.4-unfragmented rfc6455/5.6-text-split-code-point rfc6455/6.2-next-message
      rfc6455/8.1-valid-utf-8-accepted rfc7692/6.2-concatenates-fragments rfc7692/6.2-decompresses
      rfc7692/7.2.2-appends-tail`,
    'Echoes all but the last octet',
  ],
  [
    'echo-is-doubled',
    `rfc6455/5.2-extension-data-needs-negotiation rfc6455/5.2-length-zero rfc6455/5.4-empty-fragments
      rfc6455/6.1-frames-well-formed rfc6455/6.2-next-message rfc6455/6.2-parsed-as-frames`,
    'Echoes every message twice',
  ],
  [
    'fragments-are-echoed-alone',
    `rfc6455/5.4-control-in-between rfc6455/5.4-empty-fragments rfc6455/5.4-fragmented
      rfc6455/5.4-no-frame-boundaries rfc6455/5.4-one-type`,
    'Echoes each fragment as a message',
  ],
  [
    'bad-utf-8-is-accepted',
    `rfc6455/8.1-invalid-utf-8-fails rfc6455/8.1-invalid-utf-8-fragments
      rfc6455/8.1-invalid-utf-8-truncated rfc7692/6.1-utf-8-after-decompression`,
    'Takes text that is not UTF-8',
  ],
  [
    'utf-8-is-judged-at-the-end',
    'rfc6455/8.1-invalid-utf-8-fails rfc6455/8.1-invalid-utf-8-fragments',
    'Looks at the text of a message when the message has ended',
  ],
  [
    'good-utf-8-is-refused',
    `rfc6455/5.6-text-split-code-point rfc6455/8.1-valid-utf-8-accepted
      rfc7692/6.1-utf-8-across-compressed-fragments`,
    'Fails connections over text outside ASCII',
  ],
  [
    'large-messages-end-the-server',
    'rfc6455/10.4-limits-protected',
    'Ends every connection when a message is too large',
  ],
];
