import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerEngine } from './target/container-engine.ts';

const engine = await containerEngine().catch((error: Error) => error);
// Where everything is to be tested, a missing engine is a failure and not a reason to skip.
const skip = engine instanceof Error && !process.env.CI;

const root = fileURLToPath(new URL('..', import.meta.url));
const image = `touchstone-test-${randomBytes(4).toString('hex')}`;

async function start(command: string, ...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, words, { cwd: root, maxBuffer: 2 ** 24 });
  return stdout;
}

const play = ['run', '-q', '--reporter', 'none', '--out', '/tmp/report', '--only', 'xep-0199/ping/server-*'];

describe.skipIf(skip)('the image of the tool', () => {
  beforeAll(() => start('.config/image.sh', image), 300_000);
  afterAll(() => start('docker', 'image', 'rm', '--force', image), 60_000);

  it('plays on the embedded server', async () => {
    expect(await start('docker', 'run', '--rm', image, ...play)).toMatch(
      /^Embedded reference server: conformant/m,
    );
  });

  it('starts servers beside itself, by the engine of the host', async () => {
    const words = ['--network', 'host', '-v', '/var/run/docker.sock:/var/run/docker.sock'];
    const text = await start('docker', 'run', '--rm', ...words, image, ...play, '--target', 'prosody');
    expect(text).toMatch(/^Prosody 13\.0 .*: conformant/m);
  }, 180_000);
});
