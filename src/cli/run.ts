import { accessSync, constants, existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Verdict, verdicts } from '../record/record.schema.ts';
import { writeRecord, writeWhole } from '../record/record-file.ts';
import { exitCodeFor, type Strictness } from '../record/summary.ts';
import { ConsoleReporter } from '../report/console.ts';
import { junitXml } from '../report/junit.ts';
import { readKnownFailing } from '../run/known-failing.ts';
import { run as runSuites } from '../run/run.ts';
import { runCleanups } from '../target/cleanups.ts';
import { EngineMissingError, TargetStartError } from '../target/errors.ts';
import { loadTarget } from '../target/load-target.ts';
import { type Command, UsageError, type Words } from './command.ts';
import { selectionOf, selectionOptions, suitesOf } from './selection-options.ts';
import { version } from './version.ts';

export const run: Command = {
  name: 'run',
  summary: 'Plays suites against a target and reports',
  options: {
    target: {
      type: 'string',
      short: 't',
      value: 'TARGET',
      help: 'A name (embedded, prosody, ...) or the path of a target.yaml; default: embedded',
    },
    ...selectionOptions,
    out: {
      type: 'string',
      short: 'o',
      value: 'DIR',
      help: 'Where record.json and junit.xml go; default: touchstone-report',
    },
    jobs: {
      type: 'string',
      short: 'j',
      value: 'N',
      help: 'Cases played at a time; default: by the target and the cores',
    },
    strict: { type: 'boolean', help: 'A warning fails the run too' },
    'fail-on': {
      type: 'string',
      multiple: true,
      value: 'VERDICT',
      help: 'Further verdicts that fail the run: unsupported',
    },
    quiet: { type: 'boolean', short: 'q', help: 'Show only what did not pass, and the summary' },
  },
  examples: [
    'touchstone run --target prosody --only "rfc6121/**"',
    'touchstone run --target ./target.yaml --strict',
  ],
  async run(words) {
    const strictness = strictnessOf(words);
    const jobs = jobsOf(words);
    const out = outOf(words);
    const target = loadTarget(words.text('target') ?? 'embedded');
    const suites = await suitesOf(words);
    const files = [join(out, 'record.json'), join(out, 'junit.xml')] as const;
    const interrupted = new AbortController();
    const console = new ConsoleReporter({
      output: process.stdout,
      others: [process.stderr],
      strictness,
      quiet: words.flag('quiet'),
      files,
    });
    const stopListening = onInterrupt(interrupted, console);
    try {
      const record = await runSuites({
        target,
        suites,
        selection: selectionOf(words),
        knownFailing: target.file === undefined ? [] : readKnownFailing(target.file),
        version: version(),
        ...(jobs === undefined ? {} : { jobs }),
        signal: interrupted.signal,
        reporters: [
          {
            async onRunEnd(finished) {
              await writeRecord(files[0], finished);
              await writeWhole(files[1], junitXml(finished, strictness));
            },
          },
          console,
        ],
      });
      const code = exitCodeFor(record, strictness);
      if (code === 0 && isFirstTry(words)) process.stdout.write(nextSteps);
      return code;
    } catch (error) {
      console.erase();
      // What an earlier run wrote there must not be taken for this one's.
      if (error instanceof TargetStartError || error instanceof EngineMissingError)
        for (const file of files) rmSync(file, { force: true });
      throw error;
    } finally {
      stopListening();
      await runCleanups();
    }
  },
};

/** Nobody named a server: what passed is Touchstone's own, and who came has one that is to be tested. */
const nextSteps = `
That was Touchstone's own server, to show what a run looks like. Next, a server of yours:
  npx touchstone init container        (or process, external) writes target.yaml; say in it where the server is
  npx touchstone run --target ./target.yaml
or, with a container engine, one that is known:  npx touchstone run --target prosody
`;

function isFirstTry(words: Words): boolean {
  const choosing = ['target', ...Object.keys(selectionOptions)];
  return !words.flag('quiet') && choosing.every((name) => words.list(name).length === 0);
}

/** The first signal ends the run in good order, the second at once; whatever was started is stopped either way. */
function onInterrupt(interrupted: AbortController, console: ConsoleReporter): () => void {
  const handle = (signal: NodeJS.Signals) => {
    if (interrupted.signal.aborted) {
      void runCleanups().finally(() => process.exit(130));
      return;
    }
    console.onProgress(
      `${signal}: stopping the target and writing what is known (once more to stop at once)`,
    );
    interrupted.abort(new Error(signal));
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
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

function strictnessOf(words: Words): Strictness {
  const failOn = words.list('fail-on').map((text): Verdict => {
    const verdict = verdicts.find((one) => one === text);
    if (verdict) return verdict;
    throw new UsageError(`--fail-on takes ${verdicts.join(', ')}, not ${text}`);
  });
  return { strict: words.flag('strict'), failOn };
}

function jobsOf(words: Words): number | undefined {
  const text = words.text('jobs');
  if (text === undefined) return undefined;
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs > 0 && jobs <= 1_000) return jobs;
  throw new UsageError(`--jobs takes a whole number from 1 to 1000, not ${text}`);
}
