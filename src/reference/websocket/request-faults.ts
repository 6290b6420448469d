import type { FaultRow } from './fault-row.ts';

/** What the echo endpoint does wrong with the HTTP of the opening handshake. */
export const requestFaults: FaultRow[] = [
  [
    'malformed-request-lines-are-accepted',
    'rfc6455/4.2.1-request-line* rfc6455/4.2.1-target-too-long',
    'Takes any first line for that of a handshake',
  ],
  [
    'empty-lines-are-not-passed-over',
    'rfc6455/4.2.1-empty-line-first',
    'Refuses a request before which an empty line comes',
  ],
  [
    'hosts-of-any-form-are-accepted',
    'rfc6455/4.2.1-host-once rfc6455/4.2.1-host-required',
    'Takes anything for a Host',
  ],
  [
    'lists-are-taken-for-words',
    'rfc6455/4.2.1-upgrade-list rfc6455/4.2.1-connection-token-list',
    'Reads Upgrade and Connection as single words',
  ],
  [
    'white-space-before-colons-is-passed-over',
    'rfc6455/4.2.1-white-space-before-colon',
    'Takes names of header fields without the white space before their colon',
  ],
  [
    'malformed-header-fields-are-passed-over',
    'rfc6455/4.2.1-field-line rfc6455/4.2.2-refusal-whole',
    'Passes over lines that are no header fields',
  ],
  [
    'control-characters-are-passed-over',
    'rfc6455/4.2.1-control-characters',
    'Reads header fields as if their control characters were not there',
  ],
  ['bare-crs-end-lines', 'rfc6455/4.2.1-control-characters', 'Takes a CR without LF for the end of a line'],
  [
    'lengths-of-bodies-are-not-read',
    'rfc6455/4.2.1-lengths-disagree',
    'Takes requests whose Content-Length is none',
  ],
  [
    'transfer-codings-are-not-read',
    'rfc6455/4.2.1-transfer-coding',
    'Takes requests with a transfer coding that it does not know',
  ],
  [
    'bodies-are-taken-for-frames',
    'rfc6455/4.2.1-message-body rfc6455/4.2.1-length-and-chunks',
    'Takes the body of a handshake for frames',
  ],
  [
    'cookies-break-handshakes',
    'rfc6455/4.2.1-cookies rfc6455/4.2.1-unknown-header-fields',
    'Answers handshakes with a cookie by status 500',
  ],
  [
    'bodies-of-refusals-are-cut',
    'rfc6455/4.2.2-refusal-whole',
    'Announces one octet more than the body of a refusal has',
  ],
  [
    'refusals-lack-what-http-demands',
    'rfc6455/4.2.2-refusal-header-fields',
    'Refuses without the header fields that belong to the status',
  ],
  [
    'refusals-have-an-accept-value',
    'rfc6455/4.2.2-refusal-without-accept',
    'Puts a Sec-WebSocket-Accept into refusals',
  ],
  [
    'redirects-lead-nowhere',
    'rfc6455/4.2.2-redirect-location',
    'Redirects from unknown paths without a Location',
  ],
  [
    'success-announces-a-body',
    'rfc6455/4.2.2-no-body-announced',
    'Puts a Content-Length into the answer 101',
  ],
  [
    'success-names-versions',
    'rfc6455/4.2.2-no-version-in-success',
    'Puts Sec-WebSocket-Version into the answer 101',
  ],
  [
    'cookies-are-set-without-a-name',
    'rfc6455/4.2.2-set-cookie',
    'Sets a cookie that breaks the grammar of cookies',
  ],
  [
    'subprotocols-are-answered-in-lower-case',
    'rfc6455/4.2.2-subprotocol-case',
    'Finds subprotocols without regard to case, and answers in lower case',
  ],
  [
    'handshakes-in-parts-are-refused',
    'rfc6455/4.4-supported-version-accepted',
    'Refuses a handshake that does not come in one piece',
  ],
  [
    'frames-behind-the-handshake-are-lost',
    'rfc6455/4.2.2-open-after-handshake',
    'Forgets what came in one packet with the handshake',
    true,
  ],
  [
    'unfinished-handshakes-hold-up-others',
    'rfc6455/4.2.2-others-are-served',
    'Reads no handshake before those that began earlier are finished',
    true,
  ],
];
