import type { FaultRow } from './fault-row.ts';

/** What the echo endpoint does wrong when a connection fails, closes or ends. */
export const closingFaults: FaultRow[] = [
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
    `rfc6455/5.5.1-body-code-defined rfc6455/7.4.2-codes-0-999 rfc6455/7.4.2-codes-5000-and-above
      rfc6455/7.4.2-codes-unassigned`,
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
    'rfc6455/7.2.2* rfc6455/7.1.1-server-closes-tcp* rfc6455/4.2.2-others-are-served',
    'Keeps its half of TCP when the client has ended its own',
    true,
  ],
  [
    'tcp-is-reset-after-close',
    'rfc6455/7.1.1-clean-close rfc6455/7.1.1-server-closes-tcp-first',
    'Resets TCP after its close frame, instead of ending it',
  ],
  [
    'reset-ends-the-server',
    'rfc6455/7.2.3-survives-abnormal-closure rfc6455/10.4-limits-protected',
    'Ends every connection when a client resets its own',
  ],
];
