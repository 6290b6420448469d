import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cutText } from './bounds.ts';
import type { CaseResult, RunRecord } from './record.schema.ts';
import { type RunEnd, type RunFacts, recordOf } from './record-builder.ts';
import { InvalidRecordError, UnwritableFileError } from './record-errors.ts';

/** One line of record.jsonl. The lines of a run stand between its `run` and its `end`; several runs follow each other. */
export type RecordEvent =
  | { event: 'run'; format: 1; facts: RunFacts; planned: readonly string[] }
  /** `at`: milliseconds since the line `run` was written. */
  | { event: 'case'; at: number; result: CaseResult }
  | { event: 'end'; end: RunEnd };

/**
 * The record while the run goes on: JSON Lines, each written out before anything else happens, so that of a run that
 * died all is known that it knew. What a run knows after its end stands in record.json, which takes its place.
 */
export class RecordStream {
  readonly #file: string;
  #descriptor: number | undefined;
  #began = 0;

  /** Begins an empty file, and makes its folder. Throws `UnwritableFileError`. */
  constructor(file: string) {
    this.#file = file;
    this.#try(() => {
      mkdirSync(dirname(file), { recursive: true });
      this.#descriptor = openSync(file, 'w');
    });
  }

  run(facts: RunFacts, planned: readonly string[]): void {
    this.#began = performance.now();
    this.#write({ event: 'run', format: 1, facts, planned });
  }

  /** A result as the record holds it: without its secrets. */
  result(result: CaseResult): void {
    this.#write({ event: 'case', at: Math.round(performance.now() - this.#began), result });
  }

  end({ durationMs, phases, interrupted, staleKnownFailing }: RunEnd): void {
    const further = {
      ...(interrupted ? { interrupted } : {}),
      ...(staleKnownFailing ? { staleKnownFailing } : {}),
    };
    this.#write({ event: 'end', end: { durationMs, phases, ...further } });
  }

  /** Leaves the file as it is. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #write(event: RecordEvent): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    // A disk that is nearly full takes a piece of a line: this writes on until all is out, or throws.
    this.#try(() => writeFileSync(descriptor, `${JSON.stringify(event)}\n`));
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.close();
      throw new UnwritableFileError(this.#file, error);
    }
  }
}

/**
 * The records of the runs that the text of a record.jsonl tells of. One that did not get as far as its end is `interrupted`, with
 * the cases that were pending. A last line that is not whole, as its writer died over it, is left out. Throws
 * `InvalidRecordError`; what the results hold is not validated here.
 */
export function recordsOfStream(file: string, text: string): RunRecord[] {
  const lines = text.split('\n');
  // What stands behind the last end of a line is nothing, or a line that was cut short.
  lines.pop();
  const runs: StreamedRun[] = [];
  for (const [index, line] of lines.entries()) {
    const mistake = (what: string) => new InvalidRecordError(file, `its line ${index + 1} ${what}`);
    const event = eventOf(line, mistake);
    if (event.event === 'run') runs.push(new StreamedRun(event.facts, event.planned));
    else {
      const run = runs.at(-1);
      if (!run) throw new InvalidRecordError(file, 'it does not begin with the line `run`');
      if (event.event === 'end') run.end = event.end;
      else if (!run.add(event.result, event.at))
        throw mistake(`is a second result of the case ${cutText(event.result.id, 200)}`);
    }
  }
  if (runs.length === 0) throw new InvalidRecordError(file, 'it tells of no run');
  return runs.map((run) => run.record());
}

class StreamedRun {
  readonly #facts: RunFacts;
  readonly #planned: readonly string[];
  readonly #results = new Map<string, CaseResult>();
  #lastAt = 0;
  end: RunEnd | undefined;

  constructor(facts: RunFacts, planned: readonly string[]) {
    this.#facts = facts;
    this.#planned = planned;
  }

  /** False where the case has a result already. */
  add(result: CaseResult, at: number): boolean {
    if (this.#results.has(result.id)) return false;
    this.#results.set(result.id, result);
    this.#lastAt = at;
    return true;
  }

  record(): RunRecord {
    const phases = { startMs: 0, probeMs: 0, playMs: this.#lastAt, provisionMs: 0, stopMs: 0 };
    const end = this.end ?? { durationMs: this.#lastAt, phases, interrupted: true };
    return recordOf(this.#facts, this.#results, end, this.#planned);
  }
}

function eventOf(line: string, mistake: (what: string) => Error): RecordEvent {
  const event = parsed(line);
  if (event?.event === 'run' && Number(event.format) > 1)
    throw mistake(`is of format ${event.format}, of a newer Touchstone; this one reads format 1`);
  const isWhole =
    (event?.event === 'run' && event.format === 1 && Array.isArray(event.planned) && Boolean(event.facts)) ||
    (event?.event === 'case' && typeof event.result?.id === 'string') ||
    (event?.event === 'end' && Boolean(event.end));
  if (event && isWhole) return event;
  throw mistake('is no event of a run');
}

function parsed(line: string): RecordEvent | undefined {
  try {
    return (JSON.parse(line) as RecordEvent | null) ?? undefined;
  } catch {
    return undefined;
  }
}
