import { timingSafeEqual } from 'node:crypto';
import type { LocalAccount } from './accounts.ts';

/** The conditions of RFC 6120 section 6.5 that this server uses. */
export type SaslFailure =
  | 'aborted'
  | 'account-disabled'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'not-authorized';

/** What the server says to a message of the client. */
export type SaslStep =
  | { kind: 'challenge'; data: Buffer }
  | { kind: 'success'; account: LocalAccount; data?: Buffer }
  | { kind: 'failure'; condition: SaslFailure };

/** The server's side of one mechanism, from the first message of the client on. */
export interface SaslExchange {
  step(message: Buffer): SaslStep | Promise<SaslStep>;
}

export function failure(condition: SaslFailure): SaslStep {
  return { kind: 'failure', condition };
}

/** Decodes UTF-8; `undefined` where it is none. */
export function decodeText(message: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message);
  } catch {
    return undefined;
  }
}

/** Compares secrets without telling by the time it takes where they differ. */
export function sameSecret(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
