import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds `dist`, once for all tests: some start the program as its users do, in a process of its own. */
export default async function build(): Promise<void> {
  compile('.');
  compile('src/report/page');
  await bundle({ configFile: join(root, '.config/page.ts') });
}

function compile(project: string): void {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const words = [compiler, '-p', join(root, project)];
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`);
}
