import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

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

/** The password of an account. SCRAM keys are derived when they are first needed, in the thread pool, and kept. */
export class Credentials {
  readonly #password: Buffer;
  readonly #keys = new Map<string, Promise<ScramKeys>>();

  constructor(password: string) {
    this.#password = prepared(password);
  }

  isPassword(given: string): boolean {
    return prepared(given).equals(this.#password);
  }

  scramKeys(hash: ScramHash, iterations: number = scramIterations): Promise<ScramKeys> {
    const kind = `${hash} ${iterations}`;
    let keys = this.#keys.get(kind);
    if (!keys) {
      keys = deriveScramKeys(this.#password, hash, iterations);
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

/** The part of SASLprep (RFC 4013) that changes anything a password is likely to hold. */
function prepared(password: string): Buffer {
  return Buffer.from(
    password.replace(/[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g, ' ').normalize('NFKC'),
  );
}
