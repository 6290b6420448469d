import { it } from 'vitest';
import { expectProof } from './prove-support.ts';

it('proves every WebSocket case: it passes, and some fault fails it', { timeout: 300_000 }, () =>
  expectProof(['rfc6455/**', 'rfc7692/**']),
);
