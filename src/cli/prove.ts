import { type Proof, prove as proveCases } from '../run/prove.ts';
import { faultMistake } from '../target/load-target.ts';
import { type Command, UsageError, type Words } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { selectionOf, selectionOptions, suitesOf } from './selection-options.ts';

export const prove: Command = {
  name: 'prove',
  summary:
    'Shows for each case which faults of the embedded server fail it, and names those that nothing fails',
  options: {
    ...selectionOptions,
    fault: { type: 'string', value: 'FAULT', help: 'Only this fault' },
    exhaustive: {
      type: 'boolean',
      help: 'Every case under every fault that it can notice, not only up to the first',
    },
    verbose: { type: 'boolean', short: 'v', help: 'Every case with the faults that fail it' },
  },
  examples: ['touchstone prove --only "rfc6121/**" --verbose'],
  async run(words) {
    const fault = faultOf(words);
    const suites = await suitesOf(words);
    const stopped = new AbortController();
    const onSignal = () => stopped.abort(new Error('stopped'));
    process.once('SIGINT', onSignal);
    const live = process.stderr.isTTY === true;
    const erase = () => live && process.stderr.write('\r\x1b[2K');
    const proof = await proveCases({
      suites,
      selection: selectionOf(words),
      signal: stopped.signal,
      exhaustive: words.flag('exhaustive'),
      ...(fault === undefined ? {} : { fault }),
      onProgress: (done, total) => {
        if (live) process.stderr.write(`\r\x1b[2K${done}/${total}`);
      },
    }).catch((error: unknown) => {
      erase();
      if (stopped.signal.aborted) return undefined;
      throw error;
    });
    process.off('SIGINT', onSignal);
    erase();
    if (!proof) {
      process.stdout.write('stopped before all cases were proven\n');
      return exitCodes.interrupted;
    }
    if (fault !== undefined) {
      process.stdout.write(reportOf(fault, proof));
      return proof.cases.some((one) => one.failedBy.length > 0) ? 0 : 1;
    }
    process.stdout.write(report(proof, words.flag('verbose')));
    // Your own suites need not notice every fault.
    const whole = suites.whole && selectionIsWhole(selectionOf(words));
    return proof.unproven.length > 0 || (whole && proof.unnoticed.length > 0) ? 1 : 0;
  },
};

function faultOf(words: Words): string | undefined {
  const name = words.text('fault');
  const mistake = name === undefined ? undefined : faultMistake(name);
  if (mistake) throw new UsageError(`${mistake.text}; ${mistake.hint}`);
  return name;
}

function selectionIsWhole(selection: ReturnType<typeof selectionOf>): boolean {
  return Object.values(selection).every((values) => !values?.length);
}

/** Which of the cases that could notice the fault do. */
function reportOf(fault: string, { cases, plays, durationMs }: Proof): string {
  const failed = cases.filter((one) => one.failedBy.length > 0);
  const rows = cases.map((one) => {
    const healthy =
      one.healthy === 'pass' ? 'passes all the same' : `${one.healthy} without it: ${one.reason}`;
    return `${one.id}\n    ${one.failedBy.length > 0 ? 'fails' : healthy}`;
  });
  const seconds = (durationMs / 1_000).toFixed(1);
  const some = `${failed.length} of the ${cases.length} cases that can notice it`;
  return `${[...rows, `${fault} fails ${some}, ${plays} plays in ${seconds} s`].join('\n')}\n`;
}

function report(proof: Proof, verbose: boolean): string {
  const lines: string[] = [];
  if (verbose)
    for (const one of proof.cases)
      lines.push(`${one.id}\n    ${one.failedBy.join(', ') || (one.reason ?? 'nothing fails it')}`);
  if (proof.unproven.length > 0) {
    lines.push('unproven:');
    for (const one of proof.unproven) {
      const why =
        one.healthy === 'pass' ? 'no fault fails it' : `${one.healthy} on the embedded server: ${one.reason}`;
      lines.push(`  ${one.id}\n      ${why}`);
    }
  }
  if (proof.unnoticed.length > 0) {
    lines.push('faults that fail no case:');
    for (const fault of proof.unnoticed) lines.push(`  ${fault.name} (${fault.breaks.join(', ')})`);
  }
  const proven = proof.cases.length - proof.unproven.length;
  const seconds = (proof.durationMs / 1_000).toFixed(1);
  lines.push(`${proven} of ${proof.cases.length} cases proven, ${proof.plays} plays in ${seconds} s`);
  return `${lines.join('\n')}\n`;
}
