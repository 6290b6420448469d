import { it } from 'vitest';
import { expectProof } from './prove-support.ts';

// Beside the WebSocket cases in a file of their own, so that the two are proven side by side.
it('proves every XMPP and messaging case: it passes, and some fault fails it', { timeout: 300_000 }, () =>
  expectProof(['rfc6120/**', 'rfc6121/**', 'rfc5802/**', 'rfc7395/**', 'xep-*/**', 'messaging/**']),
);
