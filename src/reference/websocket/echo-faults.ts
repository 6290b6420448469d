import type { Fault } from '../fault.ts';

type Row = readonly [name: string, breaks: string, summary: string, silent?: true];

/** What the echo endpoint does wrong on request: name, requirements (one word each), what happens, silence. */
const rows: readonly Row[] = [
  [
    'any-method-opens-websocket',
    'rfc6455/4.2.1-method* rfc6455/4.2.1-refuses* rfc6455/10.7*',
    'Takes any HTTP method for GET',
  ],
  ['http-1.0-opens-websocket', 'rfc6455/4.2.1-http* rfc6455/4.2.1-refuses*', 'Takes HTTP/1.0'],
  ['host-is-not-needed', 'rfc6455/4.2.1-host* rfc6455/4.2.1-refuses*', 'Takes requests without Host'],
  [
    'upgrade-is-not-needed',
    'rfc6455/4.2.1-upgrade* rfc6455/4.2.1-refuses*',
    'Takes requests without Upgrade',
  ],
  [
    'connection-is-not-needed',
    'rfc6455/4.2.1-connection* rfc6455/4.2.1-refuses*',
    'Takes requests without Connection',
  ],
  [
    'key-is-not-needed',
    'rfc6455/4.2.1-key* rfc6455/4.2.1-refuses* rfc6455/11.3.1*',
    'Takes requests with no key or several',
  ],
  ['key-of-any-length', 'rfc6455/4.2.1-key*', 'Takes keys that are not 16 octets in base64'],
  [
    'any-version-opens-websocket',
    'rfc6455/4.2.1-version* rfc6455/4.2.2-unknown-version* rfc6455/4.4* rfc6455/11.3.5*',
    'Takes any version',
  ],
  [
    'versions-are-not-listed',
    'rfc6455/4.2.2-unknown-version* rfc6455/4.4* rfc6455/11.3.5*',
    'Refuses a version without saying which it speaks',
  ],
  [
    'right-requests-are-refused',
    'rfc6455/4.* rfc6455/3* rfc6455/9* rfc6455/11.3* rfc6455/10* rfc6455/2* rfc7692/5*',
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
    'rfc6455/4.2.2-subprotocol* rfc6455/11.3.4* rfc6455/4.2.1-protocol* rfc6455/4.3*',
    'Names a subprotocol that nobody offered',
  ],
  [
    'extension-is-invented',
    'rfc6455/4.2.2-extensions* rfc6455/9* rfc6455/5.8* rfc6455/11.3.2* rfc7692/5*',
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
    'rfc6455/5.2-rsv* rfc6455/5.2-extension* rfc7692/6.1-rsv1*',
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
    'rfc6455/5.4-control-not-fragmented* rfc6455/5.5.2* rfc6455/5.5.3*',
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
    'rfc6455/5.5.2* rfc6455/5.5.3* rfc6455/5.4-control* rfc6455/6.2-control*',
    'Sends no pongs',
    true,
  ],
  [
    'pongs-are-empty',
    'rfc6455/5.5.2* rfc6455/5.5.3-pong-same* rfc6455/5.4-control*',
    'Sends pongs without the data of the ping',
  ],
  [
    'pings-inside-messages-break-them',
    'rfc6455/5.4-control-in* rfc7692/6.2-control*',
    'Drops a fragmented message when a ping comes inside it',
    true,
  ],
  ['pongs-are-answered', 'rfc6455/5.5.3-pong-unsolicited*', 'Answers pongs with pongs'],
  [
    'text-is-echoed-as-binary',
    'rfc6455/6.1-opcode* rfc6455/6.2-type* rfc6455/5.4-one-type* rfc6455/5.6*',
    'Echoes text in binary messages',
  ],
  ['echo-is-changed', 'rfc6455/** rfc7692/**', 'Changes the first octet of every message'],
  [
    'echo-is-cut',
    'rfc6455/5.2-length* rfc6455/5.4* rfc6455/5.6* rfc6455/6* rfc6455/8.1-valid* rfc7692/6* rfc7692/7.2*',
    'Echoes all but the last octet',
  ],
  ['echo-is-doubled', 'rfc6455/5.4* rfc6455/5.2* rfc6455/6* rfc6455/5.6*', 'Echoes every message twice'],
  ['fragments-are-echoed-alone', 'rfc6455/5.4-*', 'Echoes each fragment as a message'],
  [
    'bad-utf-8-is-accepted',
    'rfc6455/8.1-invalid* rfc6455/5.6* rfc7692/6.1-utf*',
    'Takes text that is not UTF-8',
  ],
  [
    'good-utf-8-is-refused',
    'rfc6455/8.1-valid* rfc6455/5.6-text* rfc7692/6.1-utf*',
    'Fails connections over text outside ASCII',
  ],
  [
    'protocol-errors-close-with-1000',
    'rfc6455/7.4.1-code-100* rfc6455/5.1-unmasked-close-code rfc6455/10.7* rfc6455/7.1.7* rfc6455/8.1* rfc6455/5.2-*-fails rfc6455/5.4-*-fails rfc6455/5.5-control-length-received rfc6455/5.5.1-body*',
    'Closes with 1000 after a protocol error',
  ],
  [
    'protocol-errors-end-tcp',
    'rfc6455/7.1.7* rfc6455/10.7* rfc6455/7.4.1*',
    'Ends TCP after a protocol error, without a close frame',
  ],
  [
    'goes-on-after-protocol-errors',
    'rfc6455/7.1.7* rfc6455/10.7*',
    'Passes over what it should fail the connection for',
  ],
  ['close-goes-unanswered', 'rfc6455/5.5.1* rfc6455/7.*', 'Does not answer a close frame', true],
  ['close-is-answered-with-1002', 'rfc6455/5.5.1-* rfc6455/7.*', 'Answers every close frame with 1002'],
  ['bad-close-codes-are-accepted', 'rfc6455/5.5.1-body* rfc6455/7.4*', 'Takes any close code'],
  [
    'bad-close-bodies-are-accepted',
    'rfc6455/5.5.1-body* rfc6455/5.5.1-reason* rfc6455/8.1-invalid-utf-8-close*',
    'Takes close frames of one octet, and reasons that are not UTF-8',
  ],
  [
    'tcp-stays-open-after-close',
    'rfc6455/5.5.1-closes* rfc6455/7.1.1* rfc6455/7.1.2*',
    'Keeps TCP after the closing handshake',
    true,
  ],
  ['data-is-echoed-after-close', 'rfc6455/5.5.1-no-data*', 'Goes on echoing after a close frame'],
  ['reserved-close-codes-are-sent', 'rfc6455/7.4.1-code-10* rfc6455/5.5.1*', 'Sends 1006 in close frames'],
  [
    'end-of-tcp-is-not-noticed',
    'rfc6455/7.2.2* rfc6455/7.1.1-server-closes-tcp*',
    'Keeps its half of TCP when the client has ended its own',
    true,
  ],
  ['deflate-is-declined', 'rfc7692/5* rfc7692/7*', 'Declines every offer of compression'],
  [
    'illegal-deflate-offers-are-accepted',
    'rfc7692/7-declines* rfc7692/7.1* rfc7692/5-declines*',
    'Takes offers with illegal parameters',
  ],
  ['deflate-answer-is-illegal', 'rfc7692/7-response* rfc7692/7.1*', 'Agrees to a window of 7 bits'],
  [
    'deflate-parameters-are-not-confirmed',
    'rfc7692/7.1* rfc7692/5-request*',
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
    'server-window-is-larger-than-asked',
    'rfc7692/7.1.2.1-acknowledged rfc7692/5-request-respected',
    'Agrees to a window of 15 bits whatever was asked for',
  ],
  ['first-deflate-offer-only', 'rfc7692/7.1.3* rfc7692/5-*', 'Looks at the first offer alone'],
  ['rsv1-is-not-set', 'rfc7692/6* rfc7692/7.2*', 'Compresses without setting RSV1'],
  [
    'rsv1-on-continuations-is-accepted',
    'rfc7692/6.1-rsv1-on*',
    'Takes RSV1 on continuation and control frames',
  ],
  ['deflate-tail-is-kept', 'rfc7692/7.2.1-tail*', 'Sends the tail of each compressed message'],
  ['deflate-is-corrupt', 'rfc7692/6* rfc7692/7.2*', 'Sends compressed data that is broken'],
  [
    'bad-deflate-is-accepted',
    'rfc7692/7.2.2-invalid* rfc7692/7.3*',
    'Passes over compressed data that is broken',
  ],
  [
    'window-bits-are-exceeded',
    'rfc7692/7.2.1-server-max* rfc7692/7.1.2.1*',
    'Compresses with a full window whatever was agreed',
  ],
  [
    'takeover-is-kept-regardless',
    'rfc7692/7.2.1-server-no* rfc7692/7.1.1.1*',
    'Keeps its compression context although it agreed not to',
  ],
  [
    'client-context-is-dropped',
    'rfc7692/7.2.2-client-context* rfc7692/7.1.1.2*',
    'Forgets the client’s compression context after each message',
  ],
  [
    'uncompressed-messages-are-inflated',
    'rfc7692/6-rsv1-unset* rfc7692/6.2-uncompressed* rfc7692/6.1-uncompressed* rfc7692/7.2.3.2*',
    'Inflates messages that are not compressed',
  ],
  ['large-messages-end-the-server', 'rfc6455/10.4*', 'Ends every connection when a message is too large'],
];

export const faults: Fault[] = rows.map(([name, breaks, summary, silent]) => ({
  name,
  breaks: breaks.split(' '),
  summary,
  ...(silent ? { silent } : {}),
}));
