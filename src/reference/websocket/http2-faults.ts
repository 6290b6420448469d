import type { FaultRow } from './fault-row.ts';

/** What the echo endpoint does wrong over HTTP/2 (RFC 8441). */
export const http2Faults: FaultRow[] = [
  [
    'connect-protocol-is-not-announced',
    'rfc8441/3-setting-announced',
    'Does not say in SETTINGS that it knows the extended CONNECT',
  ],
  [
    'connect-protocol-is-announced-by-2',
    'rfc8441/3-setting-value',
    'Says 2 where SETTINGS_ENABLE_CONNECT_PROTOCOL is 0 or 1',
  ],
  [
    'connect-protocol-is-withdrawn',
    'rfc8441/3-setting-not-withdrawn',
    'Sets SETTINGS_ENABLE_CONNECT_PROTOCOL to 0 after it was 1',
  ],
  [
    'connect-protocol-of-clients-counts',
    'rfc8441/3-received-without-impact',
    'Opens WebSockets only for clients that say nothing of the extended CONNECT themselves',
  ],
  [
    'connect-without-protocol-opens-websocket',
    'rfc8441/4-connect-without-protocol',
    'Takes any CONNECT for the one of a WebSocket',
  ],
  [
    'scheme-and-path-are-not-needed',
    'rfc8441/4-scheme-and-path',
    'Takes an extended CONNECT without :scheme and :path',
  ],
  ['pseudo-fields-may-be-repeated', 'rfc8441/4-protocol-single', 'Takes the first of several :protocol'],
  [
    'connect-tunnels-to-the-authority',
    'rfc8441/4-no-tunnel-to-authority',
    'Takes :authority for the host to which a tunnel is wanted',
    true,
  ],
  ['any-protocol-opens-websocket', 'rfc8441/4-protocol-unknown', 'Takes any :protocol for websocket'],
  [
    'every-connect-is-refused',
    `rfc8441/5-protocol-websocket rfc8441/5-host-not-needed rfc8441/5-other-fields rfc8441/5-origin
      rfc8441/5-status-of-success rfc8441/3-received-without-impact rfc8441/1-mixture`,
    'Refuses every extended CONNECT with status 400',
  ],
  [
    'large-header-blocks-end-the-server',
    'rfc8441/5-other-fields',
    'Ends all WebSockets when a header block is too large',
  ],
  [
    'upgrade-fields-are-accepted-over-http2',
    'rfc8441/5-no-connection-fields',
    'Takes requests with Connection or Upgrade',
  ],
  [
    'upgrade-fields-are-sent-over-http2',
    'rfc8441/5-no-connection-fields-sent',
    'Answers with Connection and Upgrade',
  ],
  ['uppercase-names-are-accepted', 'rfc8441/5-lowercase-names', 'Takes names of header fields in uppercase'],
  [
    'uppercase-names-are-sent',
    'rfc8441/5-lowercase-names-sent',
    'Writes Sec-WebSocket-Protocol as in HTTP/1.1',
  ],
  [
    'key-is-processed-over-http2',
    'rfc8441/5-key-not-processed',
    'Wants a Sec-WebSocket-Key, as over HTTP/1.1',
  ],
  ['status-101-over-http2', 'rfc8441/5-status-of-success', 'Answers with status 101'],
  ['version-does-not-count-over-http2', 'rfc8441/5-version', 'Takes any Sec-WebSocket-Version'],
  [
    'subprotocols-do-not-count-over-http2',
    'rfc8441/5-subprotocol',
    'Names a subprotocol that was not offered',
  ],
  ['extensions-do-not-count-over-http2', 'rfc8441/5-extensions', 'Names an extension that was not offered'],
  [
    'echo-is-changed-over-http2',
    'rfc8441/5-websocket-on-stream rfc8441/1-flow-control rfc8441/1-several-tunnels rfc8441/5-extensions',
    'Changes an octet of what a stream carries',
  ],
  [
    'end-is-a-reset-over-http2',
    'rfc8441/5-end-stream',
    'Resets the stream where it should be ended by END_STREAM',
  ],
  [
    'streams-are-reset-without-cancel',
    'rfc8441/5-reset-with-cancel',
    'Resets a stream with INTERNAL_ERROR where a TCP connection would be reset',
  ],
  [
    'end-of-stream-is-not-noticed',
    'rfc8441/5-end-stream-noticed',
    'Leaves a stream half open that the client has ended',
    true,
  ],
  [
    'reset-of-a-stream-ends-the-server',
    'rfc8441/5-reset-noticed',
    'Ends all WebSockets when a client resets one',
  ],
  [
    'one-stream-ends-all',
    'rfc8441/5-reset-noticed rfc8441/1-several-tunnels rfc8441/5-stream-alone',
    'Ends the HTTP/2 connection with any stream on it',
  ],
  [
    'plain-requests-are-not-answered-over-http2',
    'rfc8441/1-mixture',
    'Answers nothing but CONNECT over HTTP/2',
    true,
  ],
  ['one-stream-at-a-time', 'rfc8441/1-several-tunnels', 'Refuses a second stream beside the first'],
  [
    'flow-control-is-disregarded',
    'rfc8441/1-flow-control',
    'Sends more than the window of the client lets pass',
  ],
  ['windows-stay-shut', 'rfc8441/1-flow-control', 'Never opens a window again', true],
];
