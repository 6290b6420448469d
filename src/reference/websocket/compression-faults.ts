import type { FaultRow } from './fault-row.ts';

/** What the echo endpoint does wrong with permessage-deflate. */
export const compressionFaults: FaultRow[] = [
  [
    'deflate-is-declined',
    `rfc7692/5-accepts-by-name rfc7692/5-unknown-extension-declined rfc7692/5.2-quoted-value
      rfc7692/7.1.1.1-supported rfc7692/7.1.1.2-absence-means-takeover rfc7692/7.1.1.2-hint-ignored
      rfc7692/7.1.2.2-offer-without-value rfc7692/7.2.2-client-context-takeover`,
    'Declines every offer of compression',
  ],
  [
    'illegal-deflate-offers-are-accepted',
    'rfc7692/7-declines-unknown-parameter rfc7692/7-declines-invalid-value',
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
      rfc7692/7.1.3-several-offers rfc7692/7.2.2-client-context-takeover`,
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
  [
    'pongs-have-rsv1',
    'rfc7692/6-data-messages-only rfc7692/6.1-rsv1-not-on-control',
    'Sets RSV1 on pongs where compression was agreed',
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
    'client-window-is-cut',
    `rfc7692/7.2.2-client-window-full rfc7692/7.2.2-client-window-conforms
      rfc7692/7.1.2.2-absence-means-full-window`,
    'Inflates with a window of 256 octets whatever was agreed',
  ],
  [
    'inflating-ends-at-a-final-block',
    'rfc7692/7.2.2-blocks-after-final',
    'Takes no block of a message after one with BFINAL',
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
];
