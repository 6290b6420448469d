import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCommands } from './commands.ts';
import { completionScript, shells } from './completion-scripts.ts';

const program = fileURLToPath(new URL('../../dist/cli/touchstone.js', import.meta.url));
const commands = await allCommands();
const folder = mkdtempSync(join(tmpdir(), 'touchstone-completion-'));

beforeAll(() => {
  for (const shell of shells)
    writeFileSync(join(folder, `script.${shell}`), completionScript(shell, commands));
  chmodSync(program, 0o755);
  symlinkSync(program, join(folder, 'touchstone'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const script = `source ./script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _touchstone ./touchstone 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['-c', script, 'bash', 'touchstone', ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return output.split('\n').filter((line) => line !== '');
}

describe('bash', () => {
  it.each([
    [['sh'], ['show']],
    [['run', '--retr'], ['--retries']],
    [
      ['run', '--level', 'M'],
      ['MUST', 'MAY'],
    ],
    [['run', '--target', 'prosody@'], ['prosody@0.12']],
    [['show', 'xep-0199/ping/server-'], ['xep-0199/ping/server-*']],
    [['run', '--spec', 'RFC 73'], ['RFC\\ 7395']],
    [
      ['init', 'e'],
      ['external', 'embedded'],
    ],
    [['completion', 'z'], ['zsh']],
  ])('completes %j', (words, expected) => {
    expect(offered(...words)).toEqual(expect.arrayContaining(expected));
  });
});

it.each(shells)('the script for %s is one that the shell can read', (shell) => {
  const { error, status, stderr } = spawnSync(shell, ['-n', join(folder, `script.${shell}`)], {
    encoding: 'utf8',
  });
  // Not every machine has every shell.
  if (error && 'code' in error && error.code === 'ENOENT') return;
  expect([status, stderr]).toEqual([0, '']);
});

it.each(shells)('the script for %s knows every command and option', (shell) => {
  const script = completionScript(shell, commands);
  for (const { name, options } of commands) {
    expect(script).toContain(name);
    for (const option of Object.keys(options))
      expect(script).toContain(shell === 'fish' ? `-l ${option}` : `--${option}`);
  }
});
