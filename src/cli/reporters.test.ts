import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../dist/cli/touchstone.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'touchstone-reporters-'));
afterAll(() => rmSync(folder, { recursive: true }));

function touchstone(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const few = ['run', '-q', '--only', 'xep-0199/ping/server-*'];

describe('a reporter of one’s own', () => {
  it('hears of everything from the first case to the end', () => {
    writeFileSync(
      join(folder, 'mine.js'),
      `export default ({ strictness, version }) => {
  const heard = [];
  return {
    onRunStart: ({ facts, planned }) => heard.push(\`start \${facts.target.name} \${planned.length}\`),
    onCaseEnd: ({ verdict }) => heard.push(verdict),
    onEnd: ({ records }) => console.log(JSON.stringify({ heard, records: records.length, strictness, version })),
  };
};
`,
    );
    const { status, stdout } = touchstone(...few, '--strict', '--reporter', './mine.js,tap', '--out', 'own');
    const line = stdout.split('\n').find((one) => one.startsWith('{')) ?? '{}';
    const told = JSON.parse(line) as { heard: string[] };
    expect(told).toMatchObject({ records: 1, strictness: { strict: true }, version: expect.any(String) });
    const [first = '', ...verdicts] = told.heard;
    expect(first).toBe(`start embedded ${verdicts.length}`);
    expect(new Set(verdicts)).toEqual(new Set(['pass']));
    expect(status).toBe(0);
    expect(existsSync(join(folder, 'own/report.tap'))).toBe(true);
    expect(existsSync(join(folder, 'own/junit.xml'))).toBe(false);
  });

  it('that fails is blamed for it, and the run goes on without it', () => {
    writeFileSync(
      join(folder, 'failing.js'),
      "export default () => ({ async onCaseEnd() { throw new Error('mine broke'); }, onEnd() { console.log('told'); } });\n",
    );
    const { status, stdout, stderr } = touchstone(
      ...few,
      '--reporter',
      'failing.js,tap,tap',
      '--out',
      'failing',
    );
    expect(stderr).toMatch(
      /^the reporter failing\.js failed in onCaseEnd: mine broke\n +at .*failing\.js:1:\d+\)?\n\[TS-E008\]/,
    );
    expect(stdout).toMatch(/wrote failing\/record\.json and failing\/report\.tap\n/);
    expect(stdout).not.toContain('told');
    expect(status).toBe(2);
    expect(readdirSync(join(folder, 'failing')).sort()).toEqual(['record.json', 'report.tap']);
  });

  it.each([
    ['returns nothing', 'nothing.js', 'the reporter nothing.js is none'],
    ['is not there', 'nowhere.js', 'there is no reporter `nowhere.js`'],
    ['is misspelt', 'junti', 'did you mean `junit`?'],
    ['exports no function', 'empty.js', 'exports no function as its default'],
    ['cannot be loaded', 'broken.js', 'cannot be loaded: '],
  ])('that %s is refused before anything starts', (_what, name, message) => {
    writeFileSync(join(folder, 'nothing.js'), 'export default () => {};\n');
    writeFileSync(join(folder, 'empty.js'), 'export default 1;\n');
    writeFileSync(join(folder, 'broken.js'), 'export default (;\n');
    const { status, stderr, stdout } = touchstone(...few, '--reporter', name);
    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

it('a run that was killed leaves what it knew, and which cases were pending', async () => {
  const out = join(folder, 'killed');
  const words = ['run', '-q', '--jobs', '1', '--only', 'xep-0199/**', '--out', out];
  // The folder is there, so that what comes into it can be watched.
  touchstone(...few, '--reporter', 'none', '--out', out);
  const child = spawn(process.execPath, [program, ...words], { cwd: folder, stdio: 'ignore' });
  const unfinished = join(out, 'record.jsonl');
  const knows = () => existsSync(unfinished) && readFileSync(unfinished, 'utf8').split('\n').length > 3;
  for await (const _change of changesOf(out)) if (knows()) break;
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(join(out, 'record.json'))).toBe(false);

  const { status, stdout } = touchstone('report', out, '--reporter', 'summary', '--out', out);
  expect(status).toBe(130);
  expect(stdout).toContain('summary.md');
  expect(readFileSync(join(out, 'summary.md'), 'utf8')).toMatch(
    /stopped before its end[\s\S]*\d+ pending cases/,
  );
});

it('what a killed run left is gone when a later one did not get as far', () => {
  const out = join(folder, 'later');
  mkdirSync(out);
  for (const name of ['record.jsonl', 'record.json', 'report.tap'])
    writeFileSync(join(out, name), 'of an earlier run');
  writeFileSync(
    join(folder, 'ends.yaml'),
    `target: ends
title: Ends
product: { name: ends }
start: { process: { command: [node, -e, ""] } }
endpoints: { websocket: { path: / } }
`,
  );
  const { status } = touchstone(
    'run',
    '-q',
    '--target',
    './ends.yaml',
    '--only',
    'rfc6455/framing/**',
    '--out',
    out,
  );
  expect(status).toBe(3);
  expect(readdirSync(out)).toEqual([]);
});

async function* changesOf(path: string): AsyncGenerator<void> {
  let wake = () => {};
  const watcher = watch(path, () => wake());
  try {
    for (;;) {
      yield;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    watcher.close();
  }
}
