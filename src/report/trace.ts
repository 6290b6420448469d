import type { CaseResult, TranscriptEntry } from '../record/record.schema.ts';
import { type Colours, coloursFor } from './colours.ts';
import { verdictWord } from './failure-text.ts';
import type { Output } from './live-line.ts';
import { oneLine } from './printable.ts';
import type { Reporter } from './reporter.ts';
import { WireReader } from './wire-rows.ts';
import { WireText } from './wire-text.ts';

const widest = 400;

/** One case under way. */
interface Traced {
  reader: WireReader;
  text: WireText;
  lastAt: number;
}

/** Shows what passes on the wire of each case as it is played. Where several are, each says when it goes on. */
export class TraceReporter implements Reporter {
  readonly #output: Output;
  readonly #colours: Colours;
  readonly #cases = new Map<string, Traced>();
  /** The case whose rows were written last. */
  #shown: string | undefined;

  constructor(output: Output, environment: NodeJS.ProcessEnv = process.env) {
    this.#output = output;
    this.#colours = coloursFor(output, environment);
  }

  onEntry(id: string, entry: TranscriptEntry): void {
    const traced = this.#traced(id, entry);
    const lines = traced.reader.rows(entry).flatMap((row) => traced.text.lines(row));
    this.#write(id, lines);
  }

  onCaseEnd(result: CaseResult): void {
    if (!this.#cases.delete(result.id)) return;
    this.#write(result.id, [
      `${verdictWord(result.verdict, this.#colours)} ${result.durationMs.toFixed(1)} ms`,
    ]);
  }

  /** A case that is played again begins its time, and its connections, anew. */
  #traced(id: string, { at }: TranscriptEntry): Traced {
    const known = this.#cases.get(id);
    const traced =
      known && known.lastAt <= at
        ? known
        : { reader: new WireReader(), text: new WireText(this.#colours), lastAt: at };
    traced.lastAt = at;
    this.#cases.set(id, traced);
    return traced;
  }

  #write(id: string, lines: readonly string[]): void {
    const head = this.#shown === id ? [] : ['', this.#colours.bold(oneLine(id, widest))];
    this.#shown = id;
    this.#output.write(`${[...head, ...lines].join('\n')}\n`);
  }
}
