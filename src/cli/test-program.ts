import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** Where Touchstone itself is. */
export const root = fileURLToPath(new URL('../..', import.meta.url));
export const program = join(root, 'dist/cli/touchstone.js');

/** An empty folder for the tests of one file, in which the program is started. */
export const folder = mkdtempSync(join(tmpdir(), 'touchstone-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

export interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

export function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number, output, errors })) };
}

export function touchstone(...args: string[]): Promise<Ended> {
  return start(...args).ended;
}
