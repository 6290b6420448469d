import { relative } from 'node:path';
import type { Writable } from 'node:stream';
import type { CaseResult, RunRecord, Verdict } from '../record/record.schema.ts';
import { exitCodeFor, failsRun, isKnownFailure, type Strictness } from '../record/summary.ts';
import { type Colours, coloursFor } from './colours.ts';
import { failureText } from './failure-text.ts';
import { oneLine } from './printable.ts';
import type { Reporter, RunStart } from './reporter.ts';

export interface ConsoleOptions {
  output: Writable & { isTTY?: boolean | undefined; columns?: number | undefined };
  strictness?: Strictness;
  /** No progress, no list of cases. */
  quiet?: boolean;
  /** Files that will have been written when the run is over. */
  files?: readonly string[];
}

/** At most so often is progress drawn anew, in milliseconds. */
const redrawEvery = 100;
/** Where lines are plain, one is written for so many cases. */
const plainEvery = 50;

/** Tells a person at a terminal, or a log, what is going on, what did not pass, and what comes of it. */
export class ConsoleReporter implements Reporter {
  readonly #options: ConsoleOptions;
  readonly #colours: Colours;
  readonly #counts = new Map<Verdict, number>();
  #total = 0;
  #done = 0;
  #drawnAt = 0;
  #drawn = false;

  constructor(options: ConsoleOptions) {
    this.#options = options;
    this.#colours = coloursFor(options.output);
  }

  onProgress(text: string): void {
    if (this.#options.quiet) return;
    if (this.#live) this.#draw(text);
    else this.#line(text);
  }

  onRunStart({ target, product, cases }: RunStart): void {
    this.#total = cases;
    this.erase();
    this.#line(`${this.#colours.bold(oneLine(target, 200))} (${oneLine(product, 200)}), ${cases} cases`);
  }

  onCaseEnd(result: CaseResult): void {
    this.#done++;
    this.#counts.set(result.verdict, (this.#counts.get(result.verdict) ?? 0) + 1);
    const worthTelling =
      failsRun(result, this.#options.strictness) || (result.verdict === 'warn' && !isKnownFailure(result));
    if (worthTelling) {
      this.erase();
      this.#line(['', ...failureText(result, this.#colours)].join('\n'));
    }
    this.#progress();
  }

  onRunEnd(record: RunRecord): void {
    this.erase();
    const { strictness = {}, files = [] } = this.#options;
    const unplayed = record.cases.filter((one) => one.suite === 'claims');
    for (const one of unplayed) this.#line(['', ...failureText(one, this.#colours)].join('\n'));
    const lines = ['', ...(this.#options.quiet ? [] : [...table(record), ''])];
    lines.push(...unsupported(record), ...stale(record));
    lines.push(totals(record, this.#colours), `wrote ${files.map(shortest).join(' and ')}`);
    const code = exitCodeFor(record, strictness);
    if (record.interrupted) lines.push(this.#colours.yellow('stopped before all cases were played'));
    else if (code === 0) lines.push(this.#colours.green('conformant'));
    else if (code === 4)
      lines.push(this.#colours.red('Touchstone itself went wrong: no verdict on the server'));
    else lines.push(this.#colours.red('not conformant'));
    this.#line(lines.join('\n'));
  }

  /** Takes the progress line away, so that something else can be written. */
  erase(): void {
    if (!this.#drawn) return;
    this.#options.output.write('\r\x1b[2K');
    this.#drawn = false;
  }

  get #live(): boolean {
    return this.#options.output.isTTY === true && process.env.TERM !== 'dumb';
  }

  #progress(): void {
    if (this.#options.quiet) return;
    if (!this.#live) {
      if (this.#done % plainEvery === 0 && this.#done < this.#total)
        this.#line(`${this.#done}/${this.#total}`);
      return;
    }
    const now = performance.now();
    if (now - this.#drawnAt < redrawEvery) return;
    this.#drawnAt = now;
    const counts = [...this.#counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
    this.#draw(`${this.#done}/${this.#total}  ${counts}`);
  }

  #draw(text: string): void {
    const width = (this.#options.output.columns ?? 80) - 1;
    this.#options.output.write(`\r\x1b[2K${oneLine(text, width)}`);
    this.#drawn = true;
  }

  #line(text: string): void {
    this.erase();
    this.#options.output.write(`${text}\n`);
  }
}

const columns: Verdict[] = ['pass', 'fail', 'warn', 'unsupported', 'inconclusive', 'error'];

/** Verdicts per suite. */
function table(record: RunRecord): string[] {
  const suites = new Map<string, Map<Verdict, number>>();
  for (const { suite, verdict } of record.cases) {
    const counts = suites.get(suite) ?? new Map<Verdict, number>();
    suites.set(suite, counts.set(verdict, (counts.get(verdict) ?? 0) + 1));
  }
  const used = columns.filter((verdict) => verdict === 'pass' || record.summary[verdict] > 0);
  const width = Math.max(5, ...[...suites.keys()].map((name) => name.length));
  const cell = (text: string, verdict: Verdict) => text.padStart(verdict.length + 2);
  const header = `${'suite'.padEnd(width)}${used.map((verdict) => cell(verdict, verdict)).join('')}`;
  const rows = [...suites].map(
    ([name, counts]) =>
      name.padEnd(width) + used.map((verdict) => cell(String(counts.get(verdict) ?? '·'), verdict)).join(''),
  );
  return [header, ...rows];
}

/** Which capabilities are missing, and how many cases each keeps from being played. */
function unsupported(record: RunRecord): string[] {
  const missing = new Map<string, number>();
  for (const one of record.cases)
    for (const name of one.missing ?? []) missing.set(name, (missing.get(name) ?? 0) + 1);
  if (missing.size === 0) return [];
  const list = [...missing].map(([name, count]) => `${name} (${count})`).join(', ');
  return [`not offered by the target, so not played: ${list}`];
}

function stale(record: RunRecord): string[] {
  return (record.staleKnownFailing ?? []).map(
    (entry) => `known-failing.yaml names no case: ${oneLine(entry, 200)}`,
  );
}

function totals({ summary, durationMs }: RunRecord, colours: Colours): string {
  const parts = columns
    .filter((verdict) => verdict === 'pass' || summary[verdict] > 0)
    .map((verdict) => `${summary[verdict]} ${verdict}`);
  if (summary.knownFailing > 0) parts.push(`of these ${summary.knownFailing} known to fail`);
  if (summary.unexpectedPass > 0) parts.push(`${summary.unexpectedPass} listed as failing but passing`);
  return colours.bold(`${parts.join(', ')} in ${(durationMs / 1_000).toFixed(1)} s`);
}

function shortest(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}
