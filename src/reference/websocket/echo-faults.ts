import type { Fault } from '../fault.ts';

type Row = readonly [name: string, breaks: string, summary: string, silent?: true];

/** What the echo endpoint does wrong on request: name, requirements (one word each), what happens, silence. */
const rows: readonly Row[] = [
  ['any-method-opens-websocket', 'rfc6455/4.2.1-refuses-malformed', 'Takes any HTTP method for GET'],
  ['http-1.0-opens-websocket', 'rfc6455/4.2.1-http-version', 'Takes HTTP/1.0'],
  ['host-is-not-needed', 'rfc6455/4.2.1-host-required', 'Takes requests without Host'],
  ['upgrade-is-not-needed', 'rfc6455/4.2.1-upgrade-required', 'Takes requests without Upgrade'],
  ['connection-is-not-needed', 'rfc6455/4.2.1-connection-required', 'Takes requests without Connection'],
  ['key-is-not-needed', 'rfc6455/11.3.1-key-repeated', 'Takes requests with no key or several'],
  ['key-of-any-length', 'rfc6455/4.2.1-key*', 'Takes keys that are not 16 octets in base64'],
  [
    'any-version-opens-websocket',
    `rfc6455/11.3.5-version-repeated rfc6455/4.2.1-version-malformed rfc6455/4.2.1-version-required
      rfc6455/4.2.2-unknown-version rfc6455/4.2.2-unknown-version-lists-versions`,
    'Takes any version',
  ],
  [
    'versions-are-not-listed',
    'rfc6455/4.2.2-unknown-version-lists-versions',
    'Refuses a version without saying which it speaks',
  ],
  [
    'right-requests-are-refused',
    `rfc6455/10.2-origin-403 rfc6455/10.6-tls-supported rfc6455/11.3.2-extensions-repeated
      rfc6455/3-query-part-of-resource rfc6455/4.1-header-names-case-insensitive
      rfc6455/4.2.1-header-order-free rfc6455/4.2.1-origin-optional rfc6455/4.2.1-request-target
      rfc6455/4.2.1-unknown-header-fields rfc6455/4.2.1-upgrade-case-insensitive
      rfc6455/4.2.2-accept-value rfc6455/4.2.2-extensions-from-request
      rfc6455/4.3-extension-parameter-quoted rfc6455/4.3-list-white-space rfc6455/4.4-retry-succeeds
      rfc7692/5-fully-supported rfc7692/5-proceeds-uncompressed rfc7692/5-request-respected`,
    'Refuses every handshake',
  ],
  [
    'tls-port-speaks-plain-too',
    'rfc6455/4.2.2-tls-before-handshake rfc6455/4.2.2-tls-failure-closes',
    'Opens WebSockets without TLS on the port for TLS, too',
  ],
  [
    'refusals-are-successes',
    'rfc6455/10.7-invalid-handshake* rfc6455/4.2.1* rfc6455/4.2.2-unknown* rfc6455/4.2.2-origin-refused',
    'Answers what it refuses with status 200',
  ],
  [
    'accept-value-is-wrong',
    'rfc6455/4.2.2-accept-value rfc6455/11.3.3* rfc6455/4.2.2-key*',
    'Answers with a wrong Sec-WebSocket-Accept',
  ],
  [
    'accept-value-is-of-the-decoded-key',
    'rfc6455/4.2.2-accept-of-key-text',
    'Decodes the key and makes Sec-WebSocket-Accept of what it is when encoded again',
  ],
  ['status-is-not-101', 'rfc6455/4.2.2-status* rfc6455/4.2.2-open*', 'Switches protocols with status 200'],
  ['upgrade-is-not-answered', 'rfc6455/4.2.2-upgrade*', 'Leaves Upgrade out of its answer'],
  ['connection-is-not-answered', 'rfc6455/4.2.2-connection*', 'Leaves Connection out of its answer'],
  [
    'malformed-subprotocols-are-accepted',
    'rfc6455/4.2.1-protocol*',
    'Takes lists of subprotocols that are none',
  ],
  [
    'subprotocol-is-invented',
    `rfc6455/4.2.2-subprotocol-from-request rfc6455/4.2.2-subprotocol-not-empty
      rfc6455/4.2.2-subprotocol-null-without-offer`,
    'Names a subprotocol that nobody offered',
  ],
  [
    'extension-is-invented',
    `rfc6455/11.3.2-extensions-repeated rfc6455/4.2.2-extensions-from-request
      rfc6455/9.1-parameters-defined rfc7692/5-answers-one-offer rfc7692/5-declines-without-element
      rfc7692/5-proceeds-uncompressed rfc7692/5-unknown-extension-declined`,
    'Names an extension that nobody offered',
  ],
  [
    'malformed-extensions-are-accepted',
    'rfc6455/9.1-malformed* rfc6455/9-*',
    'Takes a malformed extension offer for one that is well-formed',
  ],
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
  ['pongs-are-empty', 'rfc6455/5.4-control-not-fragmented', 'Sends pongs without the data of the ping'],
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
      rfc7692/7.2.2-appends-tail`,
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
    'good-utf-8-is-refused',
    `rfc6455/5.6-text-split-code-point rfc6455/8.1-valid-utf-8-accepted
      rfc7692/6.1-utf-8-across-compressed-fragments`,
    'Fails connections over text outside ASCII',
  ],
  [
    'protocol-errors-close-with-1000',
    'rfc6455/7.4.1-code-100* rfc6455/5.1-unmasked-close-code rfc6455/10.7* rfc6455/7.1.7* rfc6455/8.1* rfc6455/5.2-*-fails rfc6455/5.4-*-fails rfc6455/5.5-control-length-received rfc6455/5.5.1-body*',
    'Closes with 1000 after a protocol error',
  ],
  [
    'protocol-errors-close-with-1010',
    'rfc6455/7.4.1-code-1010-not-by-server',
    'Closes with 1010 after a protocol error, which is a code for clients',
  ],
  [
    'protocol-errors-end-tcp',
    `rfc6455/7.1.7-fail-closes rfc6455/7.1.7-fail-stops-processing rfc6455/7.4.1-code-1002
      rfc6455/7.4.1-code-1004-reserved rfc6455/7.4.1-code-1007`,
    'Ends TCP after a protocol error, without a close frame',
  ],
  [
    'goes-on-after-protocol-errors',
    'rfc6455/10.7-input-validated rfc6455/7.1.7-fail-closes rfc6455/7.1.7-fail-stops-processing',
    'Passes over what it should fail the connection for',
  ],
  [
    'close-goes-unanswered',
    `rfc6455/5.5.1-answers-close rfc6455/5.5.1-body-code-defined rfc6455/5.5.1-echoes-code
      rfc6455/7.4.1-defined-codes-received rfc6455/7.4.2-codes-0-999 rfc6455/7.4.2-codes-3000-3999
      rfc6455/7.4.2-codes-unassigned`,
    'Does not answer a close frame',
    true,
  ],
  [
    'close-is-answered-with-1002',
    `rfc6455/5.5.1-answers-soon rfc6455/5.5.1-echoes-code rfc6455/5.5.1-reason-utf-8
      rfc6455/7.4.1-defined-codes-received rfc6455/7.4.2-codes-3000-3999`,
    'Answers every close frame with 1002',
  ],
  [
    'bad-close-codes-are-accepted',
    'rfc6455/5.5.1-body-code-defined rfc6455/7.4.2-codes-0-999 rfc6455/7.4.2-codes-unassigned',
    'Takes any close code',
  ],
  [
    'bad-close-bodies-are-accepted',
    'rfc6455/5.5.1-body-one-byte rfc6455/8.1-invalid-utf-8-close-reason',
    'Takes close frames of one octet, and reasons that are not UTF-8',
  ],
  [
    'tcp-stays-open-after-close',
    'rfc6455/5.5.1-closes-tcp rfc6455/7.1.1-clean-close',
    'Keeps TCP after the closing handshake',
    true,
  ],
  ['data-is-echoed-after-close', 'rfc6455/5.5.1-no-data*', 'Goes on echoing after a close frame'],
  [
    'reserved-close-codes-are-sent',
    `rfc6455/5.5.1-answers-close rfc6455/7.4.1-code-1000 rfc6455/7.4.1-code-1001
      rfc6455/7.4.1-code-1002 rfc6455/7.4.1-code-1004-reserved rfc6455/7.4.1-code-1005-never-sent
      rfc6455/7.4.1-code-1007`,
    'Sends 1006 in close frames',
  ],
  [
    'pings-are-answered-after-failing',
    'rfc6455/7.1.7-fail-stops-processing',
    'Answers a ping that comes after what it has failed the connection for',
  ],
  [
    'close-frames-are-doubled',
    'rfc6455/5.5.1-crossing-closes rfc6455/5.5.1-answers-close rfc6455/5.5.1-closes-tcp*',
    'Sends every close frame twice',
  ],
  [
    'end-of-tcp-is-not-noticed',
    'rfc6455/7.2.2* rfc6455/7.1.1-server-closes-tcp*',
    'Keeps its half of TCP when the client has ended its own',
    true,
  ],
  [
    'deflate-is-declined',
    `rfc7692/5-accepts-by-name rfc7692/5-unknown-extension-declined rfc7692/5.2-quoted-value
      rfc7692/7.1.1.1-supported rfc7692/7.1.1.2-absence-means-takeover rfc7692/7.1.1.2-hint-ignored
      rfc7692/7.1.2.2-offer-without-value rfc7692/7.2.2-client-context-takeover`,
    'Declines every offer of compression',
  ],
  [
    'illegal-deflate-offers-are-accepted',
    'rfc7692/7-declines-unknown-parameter',
    'Takes offers with illegal parameters',
  ],
  [
    'deflate-answer-is-illegal',
    `rfc7692/7-response-parameters-valid rfc7692/7.1.1.1-acknowledged rfc7692/7.1.1.1-supported
      rfc7692/7.1.1.2-absence-means-takeover rfc7692/7.1.2.1-acknowledged
      rfc7692/7.1.2.2-not-without-offer`,
    'Agrees to a window of 7 bits',
  ],
  [
    'deflate-parameters-are-not-confirmed',
    `rfc7692/7.1.1.1-acknowledged rfc7692/7.1.1.1-supported rfc7692/7.1.2.1-acknowledged
      rfc7692/7.1.3-several-offers`,
    'Agrees without the parameters it was asked for',
  ],
  [
    'deflate-is-accepted-twice',
    'rfc7692/5-answers-one-offer rfc7692/5-rsv1-conflict',
    'Agrees to permessage-deflate two times in one answer',
  ],
  [
    'deflate-answer-repeats-a-parameter',
    'rfc7692/7-response-parameters-valid',
    'Names a parameter twice in its agreement',
  ],
  [
    'client-window-is-limited-unasked',
    'rfc7692/7.1.2.2-not-without-offer',
    'Limits the window of a client that did not offer it',
  ],
  [
    'windows-are-narrow',
    'rfc7692/7.3-window-1024-or-more',
    'Limits its window to 512 octets although nobody asked for it',
  ],
  [
    'server-window-is-larger-than-asked',
    'rfc7692/7.1.2.1-acknowledged rfc7692/5-request-respected',
    'Agrees to a window of 15 bits whatever was asked for',
  ],
  ['first-deflate-offer-only', 'rfc7692/5-unknown-extension-declined', 'Looks at the first offer alone'],
  [
    'rsv1-is-not-set',
    `rfc7692/6-data-messages-only rfc7692/6-rsv1-means-compressed rfc7692/6.1-compressed-message-form
      rfc7692/6.2-concatenates-fragments rfc7692/7.2.1-server-max-window-bits-kept
      rfc7692/7.2.2-appends-tail`,
    'Compresses without setting RSV1',
  ],
  [
    'rsv1-on-continuations-is-accepted',
    'rfc7692/6.1-rsv1-on*',
    'Takes RSV1 on continuation and control frames',
  ],
  ['deflate-tail-is-kept', 'rfc7692/7.2.1-tail*', 'Sends the tail of each compressed message'],
  [
    'deflate-is-corrupt',
    `rfc7692/6-data-messages-only rfc7692/6-rsv1-means-compressed rfc7692/6.1-compressed-message-form
      rfc7692/6.1-utf-8-after-decompression rfc7692/6.2-concatenates-fragments
      rfc7692/7.2.1-server-max-window-bits-kept rfc7692/7.2.2-appends-tail
      rfc7692/7.2.2-client-window-conforms rfc7692/7.2.2-client-window-full
      rfc7692/7.2.3.6-empty-fragment-received rfc7692/7.2.3.6-empty-message`,
    'Sends compressed data that is broken',
  ],
  [
    'bad-deflate-is-accepted',
    'rfc7692/7.2.2-invalid-data-fails',
    'Passes over compressed data that is broken',
  ],
  [
    'window-bits-are-exceeded',
    'rfc7692/7.2.1-server-max-window-bits-kept',
    'Compresses with a full window whatever was agreed',
  ],
  [
    'takeover-is-kept-regardless',
    'rfc7692/7.2.1-server-no-context-takeover-kept',
    'Keeps its compression context although it agreed not to',
  ],
  [
    'client-context-is-dropped',
    'rfc7692/7.1.1.2-absence-means-takeover rfc7692/7.2.2-client-context-takeover',
    'Forgets the client’s compression context after each message',
  ],
  [
    'uncompressed-messages-are-inflated',
    'rfc7692/6-rsv1-unset* rfc7692/6.2-uncompressed* rfc7692/6.1-uncompressed* rfc7692/7.2.3.2*',
    'Inflates messages that are not compressed',
  ],
  [
    'large-messages-end-the-server',
    'rfc6455/10.4-limits-protected',
    'Ends every connection when a message is too large',
  ],
];

export const faults: Fault[] = rows.map(([name, breaks, summary, silent]) => ({
  name,
  breaks: breaks.split(/\s+/),
  summary,
  ...(silent ? { silent } : {}),
}));
