import { parseArgs } from 'node:util';
import { measureEchoes, shownEchoes } from './echoes.ts';
import { shown } from './figures.ts';
import { type Measurement, measure } from './measurement.ts';

const help = `npm run bench -- [OPTIONS]: what a run and a login cost
  --target TARGET   a name or the path of a target.yaml, several times for several; default: embedded
  --only GLOB       cases by their id, several times for several; default: all
  --runs N          so many runs, each in a process of its own: medians and ranges; default: 1
  --logins N        logins of each kind after a run; default: 200
  --echoes GLOB     instead: WebSocket cases that echo, against the same echoes by a plain ws client; several times
  --json            every measurement as JSON
`;

function wordsGiven() {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true, default: ['embedded'] },
      only: { type: 'string', multiple: true, default: [] },
      runs: { type: 'string', default: '1' },
      logins: { type: 'string', default: '200' },
      echoes: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return { ...values, runs: positive('runs', values.runs), logins: positive('logins', values.logins) };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} takes a whole number from 1, not ${text}`);
}

let words: ReturnType<typeof wordsGiven>;
try {
  words = wordsGiven();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  process.exit(2);
}
if (words.help) {
  process.stdout.write(help);
  process.exit(0);
}

const stopped = new AbortController();
// Stays for every signal: the process that measures has to stop its target before this one ends.
const stop = () => stopped.abort(new Error('stopped'));
process.on('SIGINT', stop).on('SIGTERM', stop);
try {
  const measurements: Measurement[] = [];
  if (words.echoes.length > 0) {
    const echoes = await measureEchoes(words.echoes, stopped.signal);
    process.stdout.write(words.json ? `${JSON.stringify({ echoes }, undefined, 2)}\n` : shownEchoes(echoes));
  }
  for (const target of words.echoes.length > 0 ? [] : words.target) {
    const ofTarget: Measurement[] = [];
    for (let n = 0; n < words.runs; n++) {
      if (!words.json) process.stdout.write(`measuring ${target}, run ${n + 1} of ${words.runs}\n`);
      ofTarget.push(await measure({ target, only: words.only, logins: words.logins }, stopped.signal));
    }
    if (!words.json) process.stdout.write(`\n${shown(ofTarget)}`);
    measurements.push(...ofTarget);
  }
  if (words.json && words.echoes.length === 0)
    process.stdout.write(`${JSON.stringify({ measurements }, undefined, 2)}\n`);
} catch (error) {
  process.exitCode = stopped.signal.aborted ? 130 : 1;
  if (!stopped.signal.aborted)
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
