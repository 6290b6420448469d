import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
};

/** What `npm pack` would put into the package, as paths from its root. */
const packed = promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  maxBuffer: 2 ** 26,
}).then(({ stdout }) => {
  const [pack] = JSON.parse(stdout) as { files: { path: string }[] }[];
  return new Set(pack?.files.map(({ path }) => path));
});

it('the package brings along what is read when it runs', async () => {
  const files = await packed;
  const data = ['suites', 'fixtures', 'containers'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(root.length)),
  );
  const built = ['dist/report/page.html'];
  expect([...data, ...built].filter((path) => !files.has(path))).toEqual([]);
  expect([...files].filter((path) => path.startsWith('dist/report/page/'))).toEqual([]);
});

it('what its package.json names is in the package', async () => {
  const files = await packed;
  const named = [
    ...Object.values(manifest.bin),
    ...Object.values(manifest.exports).flatMap((one) => (typeof one === 'string' ? one : Object.values(one))),
  ];
  expect(named.map((path) => path.replace('./', '')).filter((path) => !files.has(path))).toEqual([]);
});

it('no test and nothing that only tests use is in the package', async () => {
  const files = [...(await packed)];
  expect(files.filter((path) => /\.test\.|(^|\/)test-|scripted-server|tsbuildinfo/.test(path))).toEqual([]);
});

it('every module in the package finds what it imports', async () => {
  const files = await packed;
  // What is left in `dist` of sources that are gone is not looked at.
  const modules = [...files].filter((path) => existsSync(join(root, sourceOf(path))));
  const missing = modules.flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const relative = [...text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g)].map(([, to]) => to ?? '');
    return relative.map((to) => join(dirname(path), to)).filter((to) => !files.has(to));
  });
  expect(missing).toEqual([]);
});

function sourceOf(path: string): string {
  const [, module = ''] = /^dist\/(.+)\.js$/.exec(path) ?? [];
  return `src/${module}.ts`;
}
