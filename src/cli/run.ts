import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { exitCodeForSet, type RecordSet } from '../record/record-set.ts';
import { exitCodeFor, type Strictness } from '../record/summary.ts';
import { coloursFor } from '../report/colours.ts';
import { type ConsoleOptions, ConsoleReporter, pathFromHere } from '../report/console.ts';
import { clearReports } from '../report/record-reporter.ts';
import { type Reporter, together } from '../report/reporter.ts';
import { setReport } from '../report/set-report.ts';
import { TraceReporter } from '../report/trace.ts';
import { readKnownFailing } from '../run/known-failing.ts';
import { idsOf } from '../run/plan.ts';
import { type RunOptions, run as runSuites } from '../run/run.ts';
import { runTargets } from '../run/run-targets.ts';
import type { Shard } from '../run/shard.ts';
import { version } from '../run/version.ts';
import type { Suites } from '../suite/load-suites.ts';
import { type Selection, select } from '../suite/select.ts';
import { runCleanups } from '../target/cleanups.ts';
import { EngineMissingError, TargetStartError } from '../target/errors.ts';
import { kindOf, loadTarget, type TargetDefinition } from '../target/load-target.ts';
import { type Command, endSignals, UsageError, type Words } from './command.ts';
import { contextOf, outOption, reporterOption, reportersOfRun } from './reporters.ts';
import { selectionOf, selectionOptions, suitesOf } from './selection-options.ts';
import { strictnessOf, strictnessOptions } from './strictness.ts';

export const run: Command = {
  name: 'run',
  summary: 'Plays suites against a target and reports',
  options: {
    target: {
      type: 'string',
      short: 't',
      multiple: true,
      value: 'TARGET',
      help: 'A name (embedded, prosody, ...) or the path of a target.yaml, several times for several; default: embedded',
    },
    ...selectionOptions,
    out: outOption,
    reporter: reporterOption,
    jobs: {
      type: 'string',
      short: 'j',
      value: 'N',
      help: 'Cases played at a time; default: by the target and the cores',
    },
    shuffle: {
      type: 'string',
      value: 'SEED',
      help: 'Begins the cases in an order that any text as a seed decides; each round has one of its own',
    },
    repeat: {
      type: 'string',
      value: 'N',
      help: 'Runs so many times, and shows which cases did not give the same verdict each time',
    },
    shard: {
      type: 'string',
      value: 'N/OF',
      help: 'Plays one share of the cases, so that several machines share them: 2/5; `touchstone merge` makes one record of all',
    },
    retries: {
      type: 'string',
      value: 'N',
      help: 'Plays a case that does not pass so often again; one that passes then is flaky',
    },
    transcripts: { type: 'boolean', help: 'Keep what passed on the wire of cases that pass too' },
    trace: {
      type: 'boolean',
      help: 'Show what passes on the wire while cases are played, one at a time unless --jobs says otherwise',
    },
    keep: {
      type: 'boolean',
      help: 'Leave the container of the target up, and take the one that an earlier run left',
    },
    watch: {
      type: 'boolean',
      help: 'Stay, and play again what a changed suite, target file or server (`watch` in target.yaml) concerns; the server stays up',
    },
    ...strictnessOptions,
    quiet: { type: 'boolean', short: 'q', help: 'Show only what did not pass, and the summary' },
  },
  examples: [
    'touchstone run --target prosody --only "rfc6121/**"',
    'touchstone run --target ./target.yaml --strict',
    'touchstone run --target ws --target tornado --only "rfc6455/**"',
    'touchstone run --target prosody --repeat 10 --shuffle today',
  ],
  async run(words) {
    const order = orderOf(words);
    const targets = targetsOf(words);
    const keep = words.flag('keep');
    if (keep && !targets.some(isContainer)) throw new UsageError(keepsContainers);
    let isOver = false;
    const written: string[] = [];
    const reporters = await reportersOfRun(words, contextOf(order.out, order.strictness, written));
    const interrupted = new AbortController();
    let console: ConsoleReporter | undefined;
    const stopListening = onInterrupt(interrupted, () => console);
    const told = new Set<string>();
    const play = async (target: TargetDefinition, suites: Suites, more: Play = {}) => {
      const { round = 1, alone = false, ...others } = more;
      console = consoleFor(order, alone ? written : [], { number: round, of: order.rounds, told });
      const record = await runSuites({
        target,
        suites,
        selection: order.selection,
        knownFailing: readKnownFailing(target),
        version: version(),
        ...(order.jobs === undefined ? {} : { jobs: order.jobs }),
        transcripts: order.transcripts,
        keep,
        retries: order.retries,
        ...(order.shard ? { shard: order.shard } : {}),
        ...placeOf(order, round),
        signal: interrupted.signal,
        ...others,
        // What is written is told last.
        reporters: [
          ...reporters,
          ...(alone ? [atTheEnd(reporters)] : []),
          ...(order.trace ? [new TraceReporter(process.stdout)] : []),
          console,
        ],
      });
      isOver ||= isContainer(target);
      return record;
    };
    try {
      const [only, ...others] = targets;
      const isOne = only && others.length === 0 && order.rounds === 1;
      if (words.flag('watch')) {
        if (!isOne) throw new UsageError('`--watch` plays on one target, and once at a time');
        const { watchAndPlay } = await import('./watch.ts');
        return await watchAndPlay(
          words,
          order,
          (target, suites, more) => play(target, suites, { alone: true, ...more }),
          interrupted.signal,
        );
      }
      const suites = await suitesOf(words);
      if (isOne) {
        const record = await play(only, suites, { alone: true });
        const code = exitCodeFor(record, order.strictness);
        if (code === 0 && isFirstTry(words)) process.stdout.write(nextSteps(written));
        return code;
      }
      select(suites.cases, order.selection, idsOf);
      const playRound = (target: TargetDefinition, round: number) => play(target, suites, { round });
      const set = await runTargets(targets, playRound, interrupted.signal, order.rounds);
      await together(reporters).onEnd(set);
      tellOf(set, order, written);
      return exitCodeForSet(set, order.strictness);
    } catch (error) {
      console?.erase();
      // What an earlier run wrote there must not be taken for this one's.
      if (error instanceof TargetStartError || error instanceof EngineMissingError) clearReports(order.out);
      throw error;
    } finally {
      stopListening();
      await runCleanups();
      if (keep && isOver) process.stdout.write(stillUp);
    }
  },
};

/** What one of the runs has of its own. */
interface Play extends Pick<RunOptions, 'round' | 'warm' | 'changed'> {
  /** Its record is all there will be. */
  alone?: boolean;
}

/** What the words ask for, but for targets and suites. */
interface Order {
  selection: Selection;
  strictness: Strictness;
  quiet: boolean;
  jobs: number | undefined;
  /** Keep the transcripts of cases that passed too. */
  transcripts: boolean;
  /** Show the wire while it is played on. */
  trace: boolean;
  shuffle: string | undefined;
  shard: Shard | undefined;
  /** How often what does not pass is played again. */
  retries: number;
  /** How often each target is played on. */
  rounds: number;
  /** The folder that the record and the reports go to. */
  out: string;
}

function orderOf(words: Words): Order {
  const strictness = strictnessOf(words);
  const trace = words.flag('trace');
  const jobs = wholeNumber(words, 'jobs', 1_000);
  const rounds = wholeNumber(words, 'repeat', 1_000) ?? 1;
  const out = outOf(words);
  const how = {
    quiet: words.flag('quiet'),
    transcripts: words.flag('transcripts'),
    trace,
    jobs: jobs ?? (trace ? 1 : undefined),
    shuffle: words.text('shuffle'),
    shard: shardOf(words),
    retries: wholeNumber(words, 'retries', 100, 0) ?? 0,
    rounds,
  };
  return { selection: selectionOf(words), strictness, ...how, out };
}

/** Which round it is, where there are several, and the seed of its order, where there is one. */
function placeOf({ shuffle, rounds }: Order, round: number): Pick<RunOptions, 'round' | 'shuffle'> {
  if (rounds === 1) return shuffle === undefined ? {} : { shuffle };
  return { round, ...(shuffle === undefined ? {} : { shuffle: `${shuffle}/${round}` }) };
}

/** The targets, each named once; what is wrong with the file of any of them is said before one is started. */
function targetsOf(words: Words): TargetDefinition[] {
  const named = words.list('target');
  const targets = (named.length > 0 ? named : ['embedded']).map(loadTarget);
  const names = targets.map((target) => target.settings.target);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UsageError(`two targets are called ${twice}: a run on several needs a name for each`);
  return targets;
}

function consoleFor(
  { strictness, quiet, rounds }: Order,
  files: readonly string[],
  round: NonNullable<ConsoleOptions['round']>,
): ConsoleReporter {
  const streams = { output: process.stdout, others: [process.stderr] };
  return new ConsoleReporter({ ...streams, strictness, quiet, files, ...(rounds > 1 ? { round } : {}) });
}

/** Where one record is all there will be, the end of its run is the end of everything. */
function atTheEnd(reporters: readonly Reporter[]): Reporter {
  return { onRunEnd: (record) => together(reporters).onEnd({ format: 1, records: [record], notPlayed: [] }) };
}

/** What the records of several targets come to, side by side on the console. */
function tellOf(set: RecordSet, { strictness }: Order, files: readonly string[]): void {
  const options = { strictness, files, colours: coloursFor(process.stdout), width: process.stdout.columns };
  process.stdout.write(`${setReport(set, options).join('\n')}\n`);
}

function isContainer({ settings }: TargetDefinition): boolean {
  return kindOf(settings) === 'container';
}

const keepsContainers = '`--keep` is for servers in containers, and none of the targets is one';

const stillUp = `
the container stays up for the next run with --keep; this removes all that were left so:
  docker rm --force $(docker ps --quiet --filter label=touchstone.kept)
`;

/** Nobody named a server: what passed is Touchstone's own, and who came has one that is to be tested. */
function nextSteps(written: readonly string[]): string {
  const page = written.find((file) => file.endsWith('.html'));
  return `
That was Touchstone's own server, to show what a run looks like${page ? `: open ${pathFromHere(page)} in a browser` : ''}. Next, a server of yours:
  npx touchstone init                        asks three questions, and writes target.yaml
  npx touchstone run --target ./target.yaml
or, with a container engine, one that is known:
  npx touchstone run --target prosody
`;
}

function isFirstTry(words: Words): boolean {
  // `npm start` itself chooses by specification.
  const choosing = ['target', ...Object.keys(selectionOptions).filter((name) => name !== 'spec')];
  return !words.flag('quiet') && choosing.every((name) => words.list(name).length === 0);
}

/** The first signal ends the run in good order, the second at once; whatever was started is stopped either way. */
function onInterrupt(interrupted: AbortController, console: () => ConsoleReporter | undefined): () => void {
  const handle = (signal: NodeJS.Signals) => {
    if (interrupted.signal.aborted) {
      void runCleanups().finally(() => process.exit(130));
      return;
    }
    console()?.onProgress(
      `${signal}: stopping the target and writing what is known (once more to stop at once)`,
    );
    interrupted.abort(new Error(signal));
  };
  for (const signal of endSignals) process.on(signal, handle);
  return () => {
    for (const signal of endSignals) process.off(signal, handle);
  };
}

/** The folder of the reports. That nothing can be written there is said before anything is started. */
function outOf(words: Words): string {
  const out = resolve(words.text('out') ?? 'touchstone-report');
  let there = out;
  while (!existsSync(there)) there = dirname(there);
  if (!statSync(there).isDirectory())
    throw new UsageError(`the reports cannot go to ${out}: ${there} is a file; name a folder with --out`);
  try {
    accessSync(there, constants.W_OK);
  } catch {
    throw new UsageError(`the reports cannot go to ${out}: ${there} may not be written; name another folder`);
  }
  return out;
}

function shardOf(words: Words): Shard | undefined {
  const text = words.text('shard');
  if (text === undefined) return undefined;
  const [, number = 0, of = 0] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number);
  if (number >= 1 && number <= of) return { number, of };
  throw new UsageError(`--shard takes which share of how many, such as 2/5, not ${text}`);
}

/** Throws `UsageError` for anything but a whole number from `least` on. */
function wholeNumber(words: Words, option: string, most: number, least = 1): number | undefined {
  const text = words.text(option);
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${option} takes a whole number from ${least} to ${most}, not ${text || 'nothing'}`);
}
