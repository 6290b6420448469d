import type { ChannelBinding } from './channel-binding.ts';
import { type ScramHash, scramHashes } from './scram.ts';
import { ScramMechanism } from './scram-mechanism.ts';

/** The client's half of one SASL exchange (RFC 4422). Nothing is sent here: text in, text out. */
export interface SaslMechanism {
  readonly name: string;
  /** What is sent with the mechanism's name; `undefined` where the server speaks first. */
  initialResponse(): Buffer | undefined;
  /** The answer to a challenge. Rejects with SaslError (or ScramError) where the challenge is not one. */
  respond(challenge: Buffer): Promise<Buffer>;
  /** The server says that it succeeded; throws where it has not proven what it had to. */
  complete(additional: Buffer | undefined): void;
}

export class SaslError extends Error {
  override readonly name = 'SaslError';
}

/** Values to be sent instead of those that would be right. */
export interface SaslOverrides {
  /** Instead of the whole initial response; `null`: none. */
  initialResponse?: string | Buffer | null;
  /** Characters in the middle of the base64 of the initial response, whatever that is. */
  amidBase64?: string;
  /** Instead of every answer to a challenge. */
  response?: string | Buffer;
  /** SCRAM: the user name as it is, without SASLprep. */
  unprepared?: boolean;
  /** SCRAM: the client's nonce. */
  nonce?: string;
  /** SCRAM: the nonce of the client-final-message; `null`: none. */
  finalNonce?: string | null;
  /** SCRAM: the GS2 header, with its last comma, such as `y,,`. */
  gs2Header?: string;
  /** SCRAM: the value of `c=`, in base64; `null`: none. */
  channelBindingInput?: string | null;
  /** SCRAM: the value of `p=`, in base64. */
  proof?: string;
  /** SCRAM: the value of `m=`, a mandatory extension. */
  mandatoryExtension?: string;
  /** SCRAM: attributes after the nonce of the client-first-message, such as `x=1`. */
  firstExtensions?: string;
  /** SCRAM: attributes before the proof. */
  finalExtensions?: string;
}

export interface SaslOptions {
  username: string;
  password: string;
  authzid?: string | undefined;
  /** Needed by the mechanisms that end in -PLUS. */
  channelBinding?: ChannelBinding | undefined;
  /** SCRAM without -PLUS: whether the client could bind, had the server offered it. Default: no. */
  couldBind?: boolean | undefined;
  overrides?: SaslOverrides | undefined;
}

/** The mechanisms that can be played, strongest first. */
export const saslMechanisms: readonly string[] = [
  'SCRAM-SHA-512-PLUS',
  'SCRAM-SHA-256-PLUS',
  'SCRAM-SHA-1-PLUS',
  'SCRAM-SHA-512',
  'SCRAM-SHA-256',
  'SCRAM-SHA-1',
  'PLAIN',
  'EXTERNAL',
  'ANONYMOUS',
];

/** Begins an exchange. Throws SaslError for a mechanism that is not known or lacks its channel binding. */
export function createMechanism(name: string, options: SaslOptions): SaslMechanism {
  return withOverrides(plainMechanism(name, options), options.overrides ?? {});
}

function plainMechanism(name: string, options: SaslOptions): SaslMechanism {
  const { username, password, authzid } = options;
  switch (name) {
    case 'PLAIN':
      return single(name, [authzid ?? '', username, password].join('\0'));
    case 'EXTERNAL':
      return single(name, authzid ?? '');
    case 'ANONYMOUS':
      return single(name, '');
    default:
      return scramMechanism(name, options);
  }
}

function scramMechanism(name: string, options: SaslOptions): SaslMechanism {
  const found = /^SCRAM-(SHA-\d+)(-PLUS)?$/.exec(name);
  const hash = found?.[1];
  if (!hash || !isScramHash(hash)) {
    throw new SaslError(`The SASL mechanism ${name} is not known; known are ${saslMechanisms.join(', ')}`);
  }
  const { channelBinding, ...rest } = options;
  if (!found[2]) return new ScramMechanism(name, hash, rest);
  if (!channelBinding) throw new SaslError(`${name} needs a channel binding, and so TLS`);
  return new ScramMechanism(name, hash, options);
}

function isScramHash(name: string): name is ScramHash {
  return name in scramHashes;
}

/** A mechanism of one message: PLAIN (RFC 4616), EXTERNAL (RFC 4422 appendix A), ANONYMOUS (RFC 4505). */
function single(name: string, response: string): SaslMechanism {
  let sent = false;
  return {
    name,
    initialResponse() {
      sent = true;
      return Buffer.from(response);
    },
    async respond() {
      if (sent) throw new SaslError(`The server sends a challenge, and ${name} has none`);
      sent = true;
      return Buffer.from(response);
    },
    complete() {},
  };
}

function withOverrides(mechanism: SaslMechanism, overrides: SaslOverrides): SaslMechanism {
  const { initialResponse, response } = overrides;
  return {
    name: mechanism.name,
    initialResponse() {
      if (initialResponse === null) return undefined;
      const right = mechanism.initialResponse();
      return initialResponse === undefined ? right : Buffer.from(initialResponse);
    },
    async respond(challenge) {
      return response === undefined ? mechanism.respond(challenge) : Buffer.from(response);
    },
    complete: (additional) => mechanism.complete(additional),
  };
}

/** The strongest mechanism that both sides can, or `undefined`; EXTERNAL and ANONYMOUS are never chosen. */
export function chooseMechanism(offered: readonly string[], can: { bind: boolean }): string | undefined {
  return saslMechanisms.find(
    (name) =>
      offered.includes(name) &&
      name !== 'EXTERNAL' &&
      name !== 'ANONYMOUS' &&
      (can.bind || !name.endsWith('-PLUS')),
  );
}
