import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'touchstone-action-'));
afterAll(() => rmSync(folder, { recursive: true }));

const broken = `target: broken
title: Broken
product: { name: Touchstone reference server }
start: { embedded: { faults: [ping-goes-unanswered] } }
`;

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'));

/** Plays the steps of action.yml as a runner does, with the inputs that a workflow gives. */
function play(inputs: Record<string, string>): {
  status: number | null;
  log: string;
  outputs: string;
  summary: string;
} {
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') };
  for (const file of Object.values(files)) rmSync(file, { force: true });
  let log = '';
  let status: number | null = 0;
  for (const step of action.runs.steps) {
    const given = Object.entries(step.env ?? {}).map(([name, expression]) => {
      const input = /inputs\.(\w+)/.exec(String(expression))?.[1] ?? '';
      return [name, inputs[input] ?? action.inputs[input].default ?? ''];
    });
    const own = { GITHUB_ACTION_PATH: root, GITHUB_ACTIONS: 'true', ...files, ...Object.fromEntries(given) };
    const done = spawnSync('bash', ['-e', '-c', step.run], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...own },
    });
    log += done.stdout + done.stderr;
    status = done.status;
    if (status !== 0) break;
  }
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  return { status, log, outputs: read(files.GITHUB_OUTPUT), summary: read(files.GITHUB_STEP_SUMMARY) };
}

describe('the action', () => {
  it('names what its steps read, and steps that are there', () => {
    for (const { value } of Object.values<{ value: string }>(action.outputs))
      expect(value).toMatch(/steps\.run\.outputs/);
    expect(action.runs.using).toBe('composite');
  });

  it('plays the chosen cases, and tells what they came to', () => {
    const inputs = {
      target: 'embedded',
      only: 'xep-0199/ping/server-*\nxep-0199/ping/before-presence',
      arguments: "--jobs '2'",
      out: 'report',
    };
    const { status, outputs, summary } = play(inputs);
    expect(outputs).toBe('conformant=true\nrecord=report/record.json\n');
    expect(status).toBe(0);
    expect(summary).toContain('✅ conformant, in the cases chosen');
  });

  it('fails for what is not conformant, and marks the line', () => {
    const target = join(folder, 'target.yaml');
    writeFileSync(target, broken);
    const none = ' \n';
    const only = 'xep-0199/ping/server-*';
    const { status, log, outputs } = play({ target, only, arguments: none, out: 'broken' });
    expect(status).toBe(1);
    expect(outputs).toContain('conformant=false');
    expect(log).toMatch(/^::(error|warning) file=suites\/xmpp\/xep-0199\/ping\.yaml,line=\d+/m);
  });

  it('runs nothing that stands in an input', () => {
    const { status, log } = play({
      target: 'embedded',
      only: '$(touch pwned)`touch pwned`',
      arguments: '$(touch pwned) ; touch pwned',
    });
    expect(status).toBe(2);
    expect(log).toContain('takes options only');
    expect(spawnSync('ls', [folder], { encoding: 'utf8' }).stdout).not.toContain('pwned');
  });
});
