import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Colours, coloursFor } from '../report/colours.ts';
import { oneLine, printable } from '../report/printable.ts';
import { runCleanups } from '../target/cleanups.ts';
import { engineFindings } from '../target/doctor/engine.ts';
import type { Finding } from '../target/doctor/finding.ts';
import { machineFindings } from '../target/doctor/machine.ts';
import { reachTarget } from '../target/doctor/reach.ts';
import { loadTarget } from '../target/load-target.ts';
import { type Command, endSignals } from './command.ts';
import { exitCodes } from './exit-codes.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Looks whether all is there that a run needs, and what to do where it is not; exits with 3 then',
  options: {
    target: {
      type: 'string',
      short: 't',
      value: 'TARGET',
      help: 'Also every stage of reaching this target, from its start to a login',
    },
    out: {
      type: 'string',
      short: 'o',
      value: 'DIR',
      help: 'The folder of the reports; default: touchstone-report',
    },
  },
  examples: ['touchstone doctor', 'touchstone doctor --target ./target.yaml'],
  async run(words) {
    const name = words.text('target');
    const target = name === undefined ? undefined : loadTarget(name);
    const colours = coloursFor(process.stdout);
    let ending: Promise<void> | undefined;
    // A server that was started is not left behind. Not `once`: a library that the container engine is reached by ends
    // the process itself where nobody else listens any more.
    for (const signal of endSignals)
      process.on(signal, () => {
        ending ??= runCleanups().finally(() => process.exit(exitCodes.interrupted));
      });
    const states: Finding['state'][] = [];
    const tell = (finding: Finding) => {
      // That the server went away is nothing to tell then.
      if (ending) return;
      states.push(finding.state);
      process.stdout.write(`${linesOf(finding, colours).join('\n')}\n`);
    };
    for (const finding of await machineFindings(
      resolve(words.text('out') ?? 'touchstone-report'),
      oldestNode(),
    ))
      tell(finding);
    for (const finding of await engineFindings(target)) tell(finding);
    try {
      if (target)
        await reachTarget(target, tell, (text) =>
          process.stdout.write(`${colours.dim(`      ${oneLine(text, 200)}`)}\n`),
        );
    } finally {
      await runCleanups();
    }
    await ending;
    const failed = states.filter((state) => state === 'fail').length;
    process.stdout.write(
      `\n${failed === 0 ? colours.green('all that is needed is there') : colours.red(`${failed} of ${states.length} fail`)}\n`,
    );
    return failed === 0 ? exitCodes.conformant : exitCodes.targetUnreachable;
  },
};

/** From package.json, so that it is said in one place. */
function oldestNode(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { engines } = JSON.parse(text) as { engines: { node: string } };
  return engines.node.replace(/^\D+/, '');
}

function linesOf({ state, what, saw, advice }: Finding, { green, yellow, red, dim }: Colours): string[] {
  const mark = { ok: green('ok  '), warn: yellow('warn'), fail: red('fail') }[state];
  const [first = '', ...more] = printable(saw).split('\n');
  return [
    `${mark}  ${oneLine(what, 200)}: ${first}`,
    ...more.map((line) => dim(`        ${line}`)),
    ...(advice === undefined ? [] : [`        ${oneLine(advice, 400)}`]),
  ];
}
