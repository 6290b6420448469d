import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { runCleanups } from './cleanups.ts';
import { loadTarget } from './load-target.ts';
import type { RunningTarget } from './running-target.ts';
import { startTarget } from './start-target.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An echo server over TLS and without, which remembers how often it was started. */
writeFileSync(
  join(folder, 'server.mjs'),
  `import { readFileSync, appendFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
const { WebSocketServer } = createRequire(${JSON.stringify(import.meta.url)})('ws');
const [plain, secured] = process.argv.slice(2).map(Number);
const echo = (server) => server.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
echo(new WebSocketServer({ host: '127.0.0.1', port: plain }));
const tls = createServer({ cert: readFileSync(process.env.CERTIFICATE), key: readFileSync(process.env.KEY) });
echo(new WebSocketServer({ server: tls }));
tls.listen(secured, '127.0.0.1', () => console.log('process', process.pid, 'listens'));
`,
);

function target(lines: string): string {
  const file = join(folder, `target-${Math.random()}.yaml`);
  writeFileSync(file, `target: t\ntitle: Test server\n${lines}`);
  return file;
}

const processTarget = target(`
product: { name: Test, version: { command: [node, --version], match: 'v(\\d+)' } }
start:
  process:
    command: [node, server.mjs, '{port.websocket}', '{port.websocket-tls}']
    environment: { CERTIFICATE: '{certificate}', KEY: '{private-key}' }
domain: chat.example
endpoints:
  websocket: { echo: true }
  websocket-tls: { path: /secured }
accounts: { command: [node, -e, 'if (process.argv[1].length < 8 || process.argv[2] !== "chat.example") process.exit(1)', '{username}', '{domain}'] }
`);

async function echoed(running: RunningTarget): Promise<string> {
  const { host, port, path } = running.endpoints['websocket-tls'] ?? { host: '', port: 0, path: '' };
  const socket = new WebSocket(`wss://${host}:${port}${path}`, { ca: running.ca });
  await once(socket, 'open');
  socket.send('hello');
  const [data] = await once(socket, 'message');
  socket.terminate();
  return String(data);
}

const pidOf = (running: RunningTarget) =>
  Number(
    /process (\d+) listens/.exec(
      running.logsSince(0).findLast(({ text }) => text.startsWith('process'))?.text ?? '',
    )?.[1],
  );

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a process target', () => {
  it('starts on free ports, with certificates of this run, and stops', async () => {
    const running = await startTarget(loadTarget(processTarget));
    const pid = pidOf(running);
    expect(running.product).toEqual({ name: 'Test', version: process.versions.node.split('.')[0] });
    expect(running.endpoints.websocket).toMatchObject({
      host: '127.0.0.1',
      path: '/',
      tls: 'none',
      echo: true,
    });
    expect(await echoed(running)).toBe('hello');
    const accounts = await Promise.all([running.newAccount(), running.newAccount()]);
    expect(new Set(accounts.map((account) => account.bare)).size).toBe(2);
    expect(accounts[0]?.bare).toBe(`${accounts[0]?.username}@chat.example`);
    await running.stop();
    await running.stop();
    expect(isAlive(pid)).toBe(false);
    await expect(running.newAccount()).rejects.toThrow();
  });

  it('can be restarted, paused, resumed and killed', async () => {
    const running = await startTarget(loadTarget(processTarget));
    const first = pidOf(running);
    await running.control?.pause();
    const { port = 0 } = running.endpoints.websocket ?? {};
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    silent.destroy();
    await running.control?.resume();
    expect(await echoed(running)).toBe('hello');
    await running.control?.kill();
    expect(isAlive(first)).toBe(false);
    await running.control?.restart();
    expect(await echoed(running)).toBe('hello');
    expect(pidOf(running)).not.toBe(first);
    await running.control?.pause();
    await running.stop();
    expect(isAlive(pidOf(running))).toBe(false);
  });

  it('shows how the process ended when it does not start, and leaves nothing behind', async () => {
    const failing = target(`
product: { name: Test }
start: { process: { command: [node, -e, 'console.error("no such disk: " + process.argv[1]); process.exit(7)', '{folder}'] } }
endpoints: { websocket: {} }
`);
    const failure = startTarget(loadTarget(failing));
    await expect(failure).rejects.toThrow(
      /Test server did not start: it ended with exit code 7\n {2}command: node/,
    );
    await expect(failure).rejects.toThrow(/last 1 lines of its output:\n {4}no such disk: \S+/);
    const used = await failure.catch((error: Error) => /no such disk: (\S+)/.exec(error.message)?.[1]);
    expect(existsSync(String(used))).toBe(false);
    const missing = target(`
product: { name: Test }
start: { process: { command: [no-such-program] } }
endpoints: { websocket: {} }
`);
    await expect(startTarget(loadTarget(missing))).rejects.toThrow(
      'it cannot be run: spawn no-such-program ENOENT',
    );
  });

  it('says what came instead of an answer when time is over', async () => {
    const mute = target(`
product: { name: Test }
start:
  process:
    command: [node, -e, 'require("node:http").createServer((_, r) => { r.statusCode = 503; r.end() }).listen(process.argv[1])', '{port.websocket}']
    within: 400ms
endpoints: { websocket: {} }
`);
    await expect(startTarget(loadTarget(mute))).rejects.toThrow(
      /did not start within 400ms: websocket at .* gave no answer: .*/,
    );
  });

  it('is undone when the run is stopped meanwhile, or the process cleans up', async () => {
    const controller = new AbortController();
    const starting = startTarget(loadTarget(processTarget), {
      signal: controller.signal,
      onProgress: () => setImmediate(() => controller.abort(new Error('stopped'))),
    });
    await expect(starting).rejects.toThrow('stopped');
    const running = await startTarget(loadTarget(processTarget));
    const pid = pidOf(running);
    await runCleanups();
    expect(isAlive(pid)).toBe(false);
  });
});

describe('an external target', () => {
  it('is reached, used and left alone', async () => {
    const own = await startTarget(loadTarget(processTarget));
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, own.ca ?? '');
    const external = target(`
product: { name: Test, version: "3" }
start: { external: { host: 127.0.0.1 } }
endpoints:
  websocket-tls: { port: ${own.endpoints['websocket-tls']?.port} }
tls: { ca: ca.pem }
accounts: { list: [{ username: romeo, password: a }, { username: juliet, password: b }] }
control: { restart: [node, -e, 'process.exit(3)'] }
domain: chat.example
`);
    const running = await startTarget(loadTarget(external));
    expect(running.product).toEqual({ name: 'Test', version: '3' });
    expect(await echoed(running)).toBe('hello');
    const names = [await running.newAccount(), await running.newAccount(), await running.newAccount()];
    expect(names.map((account) => account.bare)).toEqual(
      ['romeo', 'juliet', 'romeo'].map((name) => `${name}@chat.example`),
    );
    await expect(running.control?.restart()).rejects.toThrow('failed with exit code 3');
    await running.stop();
    expect(await echoed(own)).toBe('hello');
    await own.stop();
  });

  it('gives up when nobody is there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const nobody = target(`
product: { name: Test }
start: { external: { host: 127.0.0.1, within: 200ms } }
endpoints: { xmpp: { port: ${port} } }
domain: chat.example
`);
    await expect(startTarget(loadTarget(nobody))).rejects.toThrow(
      /cannot be reached: xmpp at 127.0.0.1:\d+ gave no answer: connect ECONNREFUSED/,
    );
  });
});
