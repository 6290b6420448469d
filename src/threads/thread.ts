import { parentPort, Worker } from 'node:worker_threads';

type Asked<Question> = { number: number; question: Question };
type Answered<Answer> = { number: number } & ({ answer: Answer } | { error: string });

/** Whether there can be threads: one runs compiled modules only, and so only where this one is compiled, too. */
export const canHaveThreads = import.meta.url.endsWith('.js');

/** A thread of this process that answers questions, several at a time. What goes in and out is cloned. */
export class Thread<Question, Answer> {
  readonly #worker: Worker;
  readonly #asked = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #count = 0;
  #ended: Error | undefined;

  /**
   * Runs a module, which hands a function to `answerQuestions`, in a thread of its own; `settings` are its
   * `workerData`. Only where `canHaveThreads`.
   */
  constructor(module: URL, settings: unknown) {
    this.#worker = new Worker(module, { workerData: settings });
    this.#worker.on('message', (answered: Answered<Answer>) => {
      const waiting = this.#asked.get(answered.number);
      this.#asked.delete(answered.number);
      if ('answer' in answered) waiting?.resolve(answered.answer);
      else waiting?.reject(new Error(answered.error));
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error(`the thread of ${module.pathname} has ended`)));
  }

  /** Rejects with what the thread threw, or when it ends before it has answered. */
  ask(question: Question): Promise<Answer> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const number = this.#count++;
      this.#asked.set(number, { resolve, reject });
      this.#worker.postMessage({ number, question } satisfies Asked<Question>);
    });
  }

  /** Ends the thread, whatever it does; questions without an answer are rejected. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#asked.values()) reject(this.#ended);
    this.#asked.clear();
  }
}

/** Called in such a thread, once: from now on it answers what it is asked. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  parentPort?.on('message', async ({ number, question }: Asked<Question>) => {
    parentPort?.postMessage(await answered(number, () => answer(question)));
  });
}

async function answered<Answer>(number: number, answer: () => Promise<Answer>): Promise<Answered<Answer>> {
  try {
    return { number, answer: await answer() };
  } catch (error) {
    return { number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
