import { createInterface, type Interface } from 'node:readline/promises';

/** The answer did not come: the input ended, or Ctrl-C was pressed. */
export class UnansweredError extends Error {
  constructor() {
    super('stopped: nothing was written');
    this.name = 'UnansweredError';
  }
}

export interface QuestionOptions {
  /** What an empty line means. */
  otherwise?: string;
  /** What is wrong with an answer; then the question is asked again. */
  refuse?(answer: string): string | undefined;
}

/** Asks a person questions, one line each. */
export class Questions {
  readonly #lines: Interface;
  readonly #output: NodeJS.WritableStream;
  readonly #ended: Promise<never>;
  readonly #answers: AsyncIterator<string>;

  constructor(input: NodeJS.ReadableStream = process.stdin, output: NodeJS.WritableStream = process.stdout) {
    this.#output = output;
    const isTerminal = 'isTTY' in input && input.isTTY === true;
    this.#lines = createInterface({ input, output, terminal: isTerminal });
    this.#answers = this.#lines[Symbol.asyncIterator]();
    this.#ended = new Promise((_, reject) =>
      this.#lines.once('SIGINT', () => {
        this.#output.write('\n');
        reject(new UnansweredError());
      }),
    );
    this.#ended.catch(() => {});
  }

  /** Throws `UnansweredError`. */
  async ask(question: string, { otherwise, refuse }: QuestionOptions = {}): Promise<string> {
    for (;;) {
      const usual = otherwise === undefined || otherwise === '' ? '' : ` (${otherwise})`;
      this.#lines.setPrompt(`${question}${usual}: `);
      this.#lines.prompt();
      const { done, value } = await Promise.race([this.#answers.next(), this.#ended]);
      if (done) throw new UnansweredError();
      const answer = value.trim() || (otherwise ?? '');
      const wrong =
        refuse?.(answer) ?? (answer === '' && otherwise === undefined ? 'say something' : undefined);
      if (wrong === undefined) return answer;
      this.#output.write(`  ${wrong}\n`);
    }
  }

  /** One of several, by its number or its word. */
  async choose<Name extends string>(
    question: string,
    choices: readonly { name: Name; help: string }[],
  ): Promise<Name> {
    const rows = choices.map(({ name, help }, index) => `  ${index + 1}  ${name}: ${help}`);
    this.#output.write(`${[question, ...rows].join('\n')}\n`);
    const chosen = (answer: string) =>
      choices.find(({ name }, index) => answer === name || answer === String(index + 1))?.name;
    const refuse = (answer: string) =>
      chosen(answer) === undefined ? `a number from 1 to ${choices.length}, or the word` : undefined;
    const answer = await this.ask('Which', { otherwise: choices[0]?.name ?? '', refuse });
    return chosen(answer) as Name;
  }

  close(): void {
    this.#lines.close();
  }
}
