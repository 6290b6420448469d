import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { saslprep } from '../../xmpp/sasl/saslprep.ts';

/** The hash functions that SCRAM is offered with, by their names in SASL, and in node:crypto. */
export const scramHashes = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' } as const;

export type ScramHash = keyof typeof scramHashes;

/** What a server keeps of a password for one SCRAM mechanism (RFC 5802 section 3). */
export interface ScramKeys {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** RFC 7677 section 4 wants at least that many. */
export const scramIterations = 4096;

const deriveKey = promisify(pbkdf2);

/** How a password becomes octets: prepared by SASLprep (RFC 4013), and by fault as it is, or as Latin 1. */
export type Preparation = 'prepared' | 'raw' | 'latin1';

/** The password of an account. SCRAM keys are derived when they are first needed, in the thread pool, and kept. */
export class Credentials {
  readonly #password: string;
  readonly #keys = new Map<string, Promise<ScramKeys>>();

  constructor(password: string) {
    this.#password = password;
  }

  isPassword(given: string, how: Preparation = 'prepared'): boolean {
    return octetsOf(given, how).equals(octetsOf(this.#password, how));
  }

  scramKeys(
    hash: ScramHash,
    iterations: number = scramIterations,
    how: Preparation = 'prepared',
  ): Promise<ScramKeys> {
    const kind = `${hash} ${iterations} ${how}`;
    let keys = this.#keys.get(kind);
    if (!keys) {
      keys = deriveScramKeys(octetsOf(this.#password, how), hash, iterations);
      this.#keys.set(kind, keys);
    }
    return keys;
  }
}

async function deriveScramKeys(password: Buffer, hash: ScramHash, iterations: number): Promise<ScramKeys> {
  const algorithm = scramHashes[hash];
  const salt = randomBytes(16);
  const length = createHash(algorithm).digest().length;
  const salted = await deriveKey(password, salt, iterations, length, algorithm);
  const clientKey = createHmac(algorithm, salted).update('Client Key').digest();
  return {
    salt,
    iterations,
    storedKey: createHash(algorithm).update(clientKey).digest(),
    serverKey: createHmac(algorithm, salted).update('Server Key').digest(),
  };
}

function octetsOf(password: string, how: Preparation): Buffer {
  if (how !== 'prepared') return Buffer.from(password, how === 'raw' ? 'utf8' : 'latin1');
  return Buffer.from(preparedText(password) ?? password);
}

/** What SASLprep makes of a name or password; `undefined` where it does not allow it. */
export function preparedText(text: string): string | undefined {
  try {
    return saslprep(text);
  } catch {
    return undefined;
  }
}
