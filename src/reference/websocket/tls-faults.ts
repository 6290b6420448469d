import type { FaultRow } from './fault-row.ts';

/** What the echo endpoint does wrong below WebSocket, on its port for TLS. */
export const tlsFaults: FaultRow[] = [
  [
    'alpn-selects-anything',
    'wss/rfc7301-3.1-unknown-ignored wss/rfc7301-3.2-no-common-protocol wss/rfc7301-3.2-selects-offered',
    'Selects by ALPN what the client likes best, whether it speaks it or not',
  ],
  ['alpn-is-needed', 'wss/rfc7301-3.1-without-alpn', 'Ends TLS connections without ALPN'],
  [
    'resumed-tls-is-refused',
    'wss/rfc7301-3.1-alpn-after-resumption wss/rfc8446-2.2-forgotten-session wss/rfc8446-2.2-resumed',
    'Ends TLS connections whose session is resumed',
  ],
  ['tls-with-a-name-is-refused', 'wss/rfc6066-3-name-accepted', 'Ends TLS connections that name the server'],
  [
    'tls-of-every-version-is-refused',
    'wss/rfc8446-4.1.3-version-negotiated',
    'Ends TLS connections after their handshake, whatever their version',
  ],
  [
    'nameless-tls-stays-silent',
    'wss/rfc8446-9.2-without-name wss/rfc6066-3-unknown-name',
    'Answers nothing on TLS connections that do not name the server as it is called',
    true,
  ],
  [
    'cut-tls-ends-the-server',
    `rfc6455/7.2.3-survives-abnormal-closure wss/rfc8446-5.1-record-overflow wss/rfc8446-5.2-bad-record
      wss/rfc8446-6.1-truncation`,
    'Ends all connections when one breaks without having been closed, or a record of it cannot be read',
  ],
];
