import { isAbsolute, relative } from 'node:path';
import type { CaseResult, RunRecord, Verdict } from '../record/record.schema.ts';
import { exitCodeFor, failsRun, isKnownFailure, type Strictness } from '../record/summary.ts';
import { type Colours, coloursFor } from './colours.ts';
import { failureText } from './failure-text.ts';
import { LiveLine, type Output } from './live-line.ts';
import { oneLine, printable } from './printable.ts';
import type { Reporter, RunStart } from './reporter.ts';
import { scopeOf } from './scope.ts';
import { type SourceLine, sourceLine } from './source-line.ts';
import { columns, missingCapabilities, verdictTable } from './verdict-table.ts';

export interface ConsoleOptions {
  output: Output;
  /** Streams that end on the same terminal: a write to them erases the progress first. */
  others?: readonly Output[];
  strictness?: Strictness;
  /** No progress, no list of cases. */
  quiet?: boolean;
  /** Files that will have been written when the run is over. */
  files?: readonly string[];
  /** This is one of several rounds: cases told in an earlier one are not told again, and there is no table. */
  round?: { number: number; of: number; told: Set<string> };
  /** Default: the process's own. NO_COLOR, FORCE_COLOR and TERM are read. */
  environment?: NodeJS.ProcessEnv;
  sourceLine?: SourceLine;
}

/** Where lines are plain, one is written for so many cases. */
const plainEvery = 50;
const widest = 400;

/** Tells a person at a terminal, or a log, what is going on, what did not pass, and what comes of it. */
export class ConsoleReporter implements Reporter {
  readonly #options: ConsoleOptions;
  readonly #colours: Colours;
  readonly #line: LiveLine | undefined;
  readonly #counts = new Map<Verdict, number>();
  readonly #running = new Set<string>();
  readonly #told: Set<string>;
  /** Reasons that outcomes were tolerated for, each with the first case that was, and how many more were. */
  readonly #tolerated = new Map<string, { first: string; more: number }>();
  #total = 0;
  #done = 0;

  constructor(options: ConsoleOptions) {
    const { output, others, environment = process.env } = options;
    this.#options = options;
    this.#told = options.round?.told ?? new Set();
    this.#colours = coloursFor(output, environment);
    if (output.isTTY === true && environment.TERM !== 'dumb') this.#line = new LiveLine(output, others);
  }

  onProgress(text: string): void {
    if (this.#options.quiet) return;
    if (this.#line) this.#line.draw(() => text);
    else this.#write([oneLine(text, widest)]);
  }

  onRunStart({ facts: { target }, planned }: RunStart): void {
    const cases = planned.length;
    const { name, version } = target.product;
    const product = version === undefined ? name : `${name} ${version}`;
    this.#total = cases;
    if ((this.#options.round?.number ?? 1) > 1) return;
    const number = cases === 1 ? '1 case' : `${cases} cases`;
    this.#write([`${this.#colours.bold(oneLine(target.title, 200))} (${oneLine(product, 200)}), ${number}`]);
  }

  onCaseStart(id: string): void {
    this.#running.add(id);
  }

  onCaseEnd(result: CaseResult): void {
    this.#done++;
    this.#running.delete(result.id);
    this.#counts.set(result.verdict, (this.#counts.get(result.verdict) ?? 0) + 1);
    this.#tell(result);
    this.#progress();
  }

  onRunEnd(record: RunRecord): void {
    this.erase();
    const { quiet, files = [], round } = this.#options;
    // Some results are of no case that was played: what the target claims and does not offer.
    for (const one of record.cases) this.#tell(one);
    const stale = (record.staleKnownFailing ?? []).map(
      (entry) => `${this.#colours.red('known-failing.yaml names no case:')} ${oneLine(entry, widest)}`,
    );
    if (round) {
      this.#write([...stale, `round ${round.number} of ${round.of}: ${totals(record)}`]);
      return;
    }
    this.#write([
      '',
      ...(quiet ? [] : [...verdictTable(record, this.#colours), '']),
      ...this.#sameWarnings(),
      ...missingCapabilities(record),
      ...luckyThisTime(record),
      ...stale,
      this.#colours.bold(totals(record)),
      ...wrote(files),
      verdictLine(record, this.#colours, this.#options.strictness),
    ]);
  }

  /** Takes the progress line away, so that something else can be written. */
  erase(): void {
    this.#line?.erase();
  }

  /** What fails the run or warns is told in full, once; what is known to fail only counts. */
  #tell(result: CaseResult): void {
    const fails = failsRun(result, this.#options.strictness);
    const isNoted = result.verdict === 'warn' || result.verdict === 'flaky';
    const worthTelling = fails || (isNoted && !isKnownFailure(result));
    if (!worthTelling || this.#told.has(result.id)) return;
    this.#told.add(result.id);
    if (!fails && this.#isTolerated(result)) return;
    const style = { colours: this.#colours, sourceLine: this.#options.sourceLine ?? sourceLine };
    this.#write(['', ...failureText(result, style)]);
  }

  /** True where another case has warned for this reason: hundreds can, and would bury what else there is. */
  #isTolerated({ id, failure }: CaseResult): boolean {
    if (failure?.tolerated === undefined) return false;
    const known = this.#tolerated.get(failure.tolerated);
    if (known) known.more++;
    else this.#tolerated.set(failure.tolerated, { first: id, more: 0 });
    return known !== undefined;
  }

  #sameWarnings(): string[] {
    const repeated = [...this.#tolerated].filter(([, { more }]) => more > 0);
    return repeated.map(([reason, { first, more }]) => {
      const what = more === 1 ? '1 more warning like that' : `${more} more warnings like that`;
      return `${what} of ${oneLine(first, widest)}: ${oneLine(reason, widest)}`;
    });
  }

  #progress(): void {
    if (this.#options.quiet) return;
    if (this.#line) this.#line.draw(() => this.#progressText());
    else if (this.#done % plainEvery === 0 && this.#done < this.#total)
      this.#write([`${this.#done}/${this.#total}`]);
  }

  /** The case that runs longest stands at the end: where a run hangs, it is the one that hangs. */
  #progressText(): string {
    const counts = columns.flatMap((verdict) => {
      const count = this.#counts.get(verdict) ?? 0;
      return count > 0 ? [`${count} ${verdict}`] : [];
    });
    const [longest = ''] = this.#running;
    return `${this.#done}/${this.#total}  ${counts.join(', ')}  ${longest}`;
  }

  #write(lines: readonly string[]): void {
    this.erase();
    this.#options.output.write(`${lines.join('\n')}\n`);
  }
}

/** What the run came to, and for whom: the line may be all that is read of it. */
export function verdictLine(record: RunRecord, colours: Colours, strictness?: Strictness): string {
  const code = exitCodeFor(record, strictness);
  if (code === 130) return colours.yellow('stopped before all cases were played');
  if (code === 4) return colours.red('Touchstone itself went wrong: no verdict on the server');
  const verdict =
    code === 0 ? colours.green(`conformant${withReserve(record)}`) : colours.red('not conformant');
  return `${oneLine(record.target.title, widest)}: ${verdict}`;
}

/** What `conformant` does not say: what is known to fail fails no run, and what was not chosen was not played. */
function withReserve(record: RunRecord): string {
  const { knownFailing } = record.summary;
  const known = knownFailing === 1 ? '1 known failure' : `${knownFailing} known failures`;
  return `${knownFailing > 0 ? `, but for ${known}` : ''}${scopeOf(record)}`;
}

/** A pass that proves little is no news, but it must be seen. */
function luckyThisTime(record: RunRecord): string[] {
  return record.cases
    .filter((one) => one.verdict === 'pass' && one.knownFailing?.intermittent === true)
    .map((one) => `known to fail at times, passed this time: ${oneLine(one.id, widest)}`);
}

/** How many cases came to each verdict, in a line. */
export function totals({ summary, durationMs }: RunRecord): string {
  const parts = columns
    .filter((verdict) => verdict === 'pass' || summary[verdict] > 0)
    .map((verdict) => `${summary[verdict]} ${verdict}`);
  if (summary.knownFailing > 0) parts.push(`of these ${summary.knownFailing} known to fail`);
  if (summary.unexpectedPass > 0) parts.push(`${summary.unexpectedPass} listed as failing but passing`);
  return `${parts.join(', ')} in ${(durationMs / 1_000).toFixed(1)} s`;
}

/** Which files were written. */
export function wrote(files: readonly string[]): string[] {
  const names = files.map(pathFromHere);
  const last = names.pop();
  if (last === undefined) return [];
  return [`wrote ${names.length > 0 ? `${names.join(', ')} and ` : ''}${last}`];
}

/** A file as the console names it: from the working folder on, where it lies below it. */
export function pathFromHere(file: string): string {
  const path = relative(process.cwd(), file);
  return printable(path.startsWith('..') || isAbsolute(path) ? file : path);
}
