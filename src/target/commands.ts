import { spawn } from 'node:child_process';
import type { CommandResult } from './accounts.ts';

export interface CommandPlace {
  folder: string;
  environment?: Readonly<Record<string, string>>;
}

/** Runs a command of this machine to its end. Throws when it cannot be run at all, or when the signal aborts. */
export function runCommand(
  command: readonly string[],
  place: CommandPlace,
  signal?: AbortSignal,
): Promise<CommandResult> {
  const [program = '', ...words] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd: place.folder,
      env: { ...process.env, ...place.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal ? { signal } : {}),
    });
    let output = '';
    const take = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-64 * 1024);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', (error) =>
      reject(new Error(`\`${program}\` cannot be run: ${error.message}`, { cause: error })),
    );
    child.once('close', (code) => resolve({ exitCode: code ?? 1, output }));
  });
}

/** As `runCommand`, but a command that fails is an error that shows what it wrote. */
export async function runToSuccess(command: readonly string[], place: CommandPlace): Promise<void> {
  const { exitCode, output } = await runCommand(command, place);
  if (exitCode !== 0) {
    throw new Error(
      `\`${command.join(' ')}\` failed with exit code ${exitCode}: ${output.trim().slice(-500)}`,
    );
  }
}
