import type { FaultRow } from './fault-row.ts';

/** What the echo endpoint does wrong in the opening handshake. */
export const handshakeFaults: FaultRow[] = [
  ['any-method-opens-websocket', 'rfc6455/4.2.1-refuses-malformed', 'Takes any HTTP method for GET'],
  ['http-1.0-opens-websocket', 'rfc6455/4.2.1-http-version', 'Takes HTTP/1.0'],
  [
    'host-is-not-needed',
    'rfc6455/4.2.1-host-required rfc6455/4.2.1-host-once',
    'Takes requests with no Host or several',
  ],
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
      rfc6455/4.3-extension-parameter-quoted rfc6455/4.3-list-white-space rfc6455/4.4-retry-succeeds rfc6455/4.2.1-empty-line-first
      rfc6455/4.2.1-obs-text rfc6455/4.2.1-cookies rfc6455/4.2.1-message-body rfc6455/4.2.1-target-too-long
      rfc6455/4.2.1-http-1.1 rfc6455/4.2.1-fields-too-large rfc6455/9.1-unknown-extension-ignored rfc7692/7-declined-handshake-succeeds
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
    'rfc6455/4.2.2-accept-value rfc6455/11.3.3* rfc6455/4.2.2-key* rfc6455/4.2.1* rfc6455/4.2.2-accept-of-key-text rfc6455/4.2.2-origin*',
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
      rfc6455/4.2.2-subprotocol-null-without-agreement
      rfc6455/4.2.2-subprotocol-null-without-offer`,
    'Names a subprotocol that nobody offered',
  ],
  [
    'extension-is-invented',
    `rfc6455/11.3.2-extensions-repeated rfc6455/4.2.2-extensions-from-request
      rfc6455/4.2.1-fields-too-large rfc7692/7-declined-handshake-succeeds rfc7692/5.2-quoted-value
      rfc6455/9.1-parameters-defined rfc7692/5-answers-one-offer rfc7692/5-declines-without-element
      rfc7692/5-proceeds-uncompressed rfc7692/5-unknown-extension-declined`,
    'Names an extension that nobody offered',
  ],
  [
    'malformed-extensions-are-accepted',
    'rfc6455/9.1-malformed* rfc6455/9-*',
    'Takes a malformed extension offer for one that is well-formed',
  ],
];
