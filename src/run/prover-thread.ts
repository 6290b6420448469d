import { Worker } from 'node:worker_threads';
import type { CaseProof, Experience } from './case-prover.ts';

/** What a thread is started with. */
export interface ThreadSettings {
  /** Where the suites are read from. */
  folders: readonly string[];
  fault: string | undefined;
  exhaustive: boolean;
}

/** One question; the answer carries the same number. */
export type Question = { number: number; id: string } & ({ experience: Experience } | { fault: string });
export type Answer = { number: number } & ({ proof: CaseProof } | { error: string });

/** A prover in a thread of its own, with suites and embedded servers of its own. */
export class ProverThread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, { resolve(proof: CaseProof): void; reject(error: Error): void }>();
  #count = 0;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: Answer) => {
      const waiting = this.#asked.get(answer.number);
      this.#asked.delete(answer.number);
      if ('proof' in answer) waiting?.resolve(answer.proof);
      else waiting?.reject(new Error(answer.error));
    });
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error('the thread that proves cases ended early')));
  }

  static start(settings: ThreadSettings, signal: AbortSignal): ProverThread {
    const thread = new ProverThread(
      new Worker(new URL('./prover-thread-main.js', import.meta.url), { workerData: settings }),
    );
    signal.addEventListener('abort', () => void thread.end(), { once: true });
    return thread;
  }

  prove(id: string, experience: Experience): Promise<CaseProof> {
    return this.#ask({ number: this.#count++, id, experience });
  }

  notices(id: string, fault: string): Promise<CaseProof> {
    return this.#ask({ number: this.#count++, id, fault });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(question: Question): Promise<CaseProof> {
    return new Promise((resolve, reject) => {
      this.#asked.set(question.number, { resolve, reject });
      this.#worker.postMessage(question);
    });
  }

  #fail(error: Error): void {
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}
