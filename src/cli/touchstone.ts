#!/usr/bin/env node
import { version } from '../run/version.ts';
import { runCleanups } from '../target/cleanups.ts';
import { nearest } from '../target/yaml-document.ts';
import { helpOf, parseWords, UsageError } from './command.ts';
import { allCommands, commandNamed, commandNames, isCommand } from './commands.ts';
import { errorCodeOf, errorText, helpOfCode } from './error-codes.ts';
import { exitCodes } from './exit-codes.ts';

async function overview(): Promise<string> {
  const commands = await allCommands();
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
  if (name === 'help' && rest[0] !== undefined && isCommand(rest[0])) return main([...rest, '--help']);
  const explained = name === 'help' ? helpOfCode(rest[0] ?? '') : undefined;
  if (explained !== undefined) {
    process.stdout.write(explained);
    return exitCodes.conformant;
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(await overview());
    return name === undefined ? exitCodes.usage : exitCodes.conformant;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return exitCodes.conformant;
  }
  if (!isCommand(name)) {
    const meant = nearest(name, commandNames);
    const hint = meant ? `did you mean \`${meant}\`?` : '`touchstone help` shows them all';
    throw new UsageError(`there is no command \`${name}\`; ${hint}`);
  }
  const command = await commandNamed(name);
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(command));
    return exitCodes.conformant;
  }
  return command.run(parseWords(command, rest));
}

/** What is still on its way into a pipe has to be out before the process ends. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

// Whoever reads a pipe may have seen enough (`touchstone list | head`): what is left is written to nobody.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// A mistake of ours that nobody caught. Containers and processes outlive this one: they are stopped first.
process.on('uncaughtException', (error) => {
  process.stderr.write(errorText(error));
  void runCleanups().finally(() => process.exit(exitCodes.touchstoneFailed));
});

let code: number;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  code = errorCodeOf(error).exitCode;
  process.stderr.write(errorText(error));
}
await Promise.all([process.stdout, process.stderr].map(written));
// A library may keep idle sockets to the container engine open; nothing of ours is left by now.
process.exit(code);
