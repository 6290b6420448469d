#!/usr/bin/env node
import { EmptySelectionError } from '../suite/select.ts';
import { EngineMissingError, NoAccountError, TargetStartError } from '../target/errors.ts';
import { UnknownTargetError } from '../target/load-target.ts';
import { InvalidFileError, nearest } from '../target/yaml-document.ts';
import { check } from './check.ts';
import { type Command, helpOf, parseWords, UsageError } from './command.ts';
import { coverage } from './coverage.ts';
import { init } from './init.ts';
import { list } from './list.ts';
import { prove } from './prove.ts';
import { run } from './run.ts';
import { verbs } from './verbs.ts';
import { version } from './version.ts';

const commands: readonly Command[] = [run, check, list, verbs, coverage, prove, init];

/** What the exit codes mean; the README shows the same list. */
export const exitCodes = {
  conformant: 0,
  notConformant: 1,
  usage: 2,
  targetUnreachable: 3,
  touchstoneFailed: 4,
  interrupted: 130,
} as const;

function overview(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    'touchstone: does a messaging server keep its protocol’s promises?',
    '',
    'touchstone COMMAND [OPTIONS]   (touchstone COMMAND --help shows the options)',
    '',
    ...rows,
    '',
  ].join('\n');
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(overview());
    return name === undefined ? exitCodes.usage : exitCodes.conformant;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return exitCodes.conformant;
  }
  const command = commands.find((one) => one.name === name);
  if (!command) {
    const meant = nearest(
      name,
      commands.map((one) => one.name),
    );
    throw new UsageError(`there is no command \`${name}\`${meant ? `; did you mean \`${meant}\`?` : ''}`);
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(command));
    return exitCodes.conformant;
  }
  return command.run(parseWords(command, rest));
}

function exitCodeFor(error: unknown): number {
  if (
    error instanceof UsageError ||
    error instanceof InvalidFileError ||
    error instanceof UnknownTargetError ||
    error instanceof EmptySelectionError
  )
    return exitCodes.usage;
  if (
    error instanceof EngineMissingError ||
    error instanceof TargetStartError ||
    error instanceof NoAccountError
  )
    return exitCodes.targetUnreachable;
  return exitCodes.touchstoneFailed;
}

let code: number;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  code = exitCodeFor(error);
  const own = code === exitCodes.touchstoneFailed;
  const text = error instanceof Error ? (own ? error.stack : error.message) : String(error);
  process.stderr.write(`${own ? 'Touchstone itself failed: ' : ''}${text}\n`);
}
// A library may keep idle sockets to the container engine open; nothing of ours is left by now.
process.exit(code);
