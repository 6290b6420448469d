import { Thread } from '../threads/thread.ts';
import type { CaseProof, Experience } from './case-prover.ts';

/** What a thread is started with. */
export interface ThreadSettings {
  /** Where the suites are read from. */
  folders: readonly string[];
  /** The cases that are to be proven, as globs: no more of the suites than these is read. */
  only: readonly string[];
  fault: string | undefined;
  exhaustive: boolean;
}

export type Question = { id: string } & ({ experience: Experience } | { fault: string });

/** A prover in a thread of its own, with suites and embedded servers of its own. */
export class ProverThread {
  readonly #thread: Thread<Question, CaseProof>;

  constructor(settings: ThreadSettings, signal: AbortSignal) {
    this.#thread = new Thread(new URL('./prover-thread-main.js', import.meta.url), settings);
    signal.addEventListener('abort', () => void this.end(), { once: true });
  }

  prove(id: string, experience: Experience): Promise<CaseProof> {
    return this.#thread.ask({ id, experience });
  }

  notices(id: string, fault: string): Promise<CaseProof> {
    return this.#thread.ask({ id, fault });
  }

  end(): Promise<void> {
    return this.#thread.end();
  }
}
