import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { runCleanups } from './cleanups.ts';
import { containerEngine, isOwnAddress, labels, labelsOf, removeLeftovers } from './container-engine.ts';
import { loadTarget } from './load-target.ts';
import type { RunningTarget } from './running-target.ts';
import { startTarget } from './start-target.ts';

const engine = await containerEngine().catch((error: Error) => error);
// Where everything is to be tested, a missing engine is a failure and not a reason to skip.
const skip = engine instanceof Error && !process.env.CI;

const folder = mkdtempSync(join(tmpdir(), 'test-'));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  if (engine instanceof Error) return;
  const { dockerode } = engine.client.container;
  const images = await dockerode.listImages({ filters: { reference: ['touchstone-test-*'] } });
  await Promise.all(images.map((image) => dockerode.getImage(image.Id).remove()));
});

/** A target whose image is made of these lines. */
function target(name: string, dockerfile: string, start = ''): string {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'Dockerfile'), `FROM debian:trixie-slim\n${dockerfile}\n`);
  const file = join(folder, name, 'target.yaml');
  const container = `start: { container: { build: . ${start} } }`;
  const endpoints = 'endpoints: { websocket: { port: 9001 } }';
  writeFileSync(
    file,
    `target: ${name}\ntitle: Test server\nproduct: { name: T }\n${container}\n${endpoints}\n`,
  );
  return file;
}

/** Names of the containers that this process has left with the engine, running or not. */
async function left(): Promise<string[]> {
  if (engine instanceof Error) throw engine;
  const filters = { label: [`${labels.runner}=${process.pid}`] };
  const containers = await engine.client.container.dockerode.listContainers({ all: true, filters });
  return containers.flatMap((container) => container.Names);
}

async function echoed(running: RunningTarget, kind: 'websocket' | 'websocket-tls'): Promise<string> {
  const { host, port, path } = running.endpoints[kind] ?? { host: '', port: 0, path: '' };
  const scheme = kind === 'websocket' ? 'ws' : 'wss';
  const socket = new WebSocket(`${scheme}://${host}:${port}${path}`, running.ca ? { ca: running.ca } : {});
  await once(socket, 'open');
  socket.send('hello');
  const [data] = await once(socket, 'message');
  socket.terminate();
  return String(data);
}

describe('the address of an engine', () => {
  it.each(['127.0.0.1', 'localhost'])('is here where it can be listened on: %s', async (host) => {
    expect(await isOwnAddress(host)).toBe(true);
  });

  it.each(['203.0.113.77', 'engine.invalid'])('is elsewhere otherwise: %s', async (host) => {
    expect(await isOwnAddress(host)).toBe(false);
  });
});

describe.skipIf(skip)('a container target', { timeout: 300_000 }, () => {
  it.each(['ws', 'python-websockets'])('%s starts, answers on this machine only, and stops', async (name) => {
    const running = await startTarget(loadTarget(name));
    expect(await echoed(running, 'websocket')).toBe('hello');
    expect(await echoed(running, 'websocket-tls')).toBe('hello');
    expect(running.product.version).toMatch(/^\d+\./);
    expect(running.image?.name).toMatch(new RegExp(`^touchstone-${name}:[0-9a-f]{16}$`));
    const [container = ''] = await left();
    if (engine instanceof Error) throw engine;
    const { NetworkSettings } = await engine.client.container.getById(container.slice(1)).inspect();
    const hosts = Object.values(NetworkSettings.Ports).flatMap(
      (bound) => bound?.map((one) => one.HostIp) ?? [],
    );
    expect(new Set(hosts)).toEqual(new Set(['127.0.0.1']));
    await running.stop();
    expect(await left()).toEqual([]);
  });

  it.each([
    'prosody',
    'ejabberd',
  ])('%s offers all that it claims, makes accounts, and comes back', async (name) => {
    const running = await startTarget(loadTarget(name));
    const { findings, offered } = await running.capabilities();
    expect(findings).toEqual([]);
    expect(offered).toContain('stream-resumption');
    const accounts = await Promise.all(Array.from({ length: 10 }, () => running.newAccount()));
    expect(new Set(accounts.map((account) => account.bare)).size).toBe(10);
    await running.control?.restart();
    expect((await running.newAccount()).domain).toBe(running.domain);
    expect(running.logsSince(0).length).toBeGreaterThan(0);
    await running.stop();
    expect(await left()).toEqual([]);
  });

  it('can be restarted, paused, resumed and killed, and is found again afterwards', async () => {
    const running = await startTarget(loadTarget('ws'));
    await running.control?.restart();
    expect(await echoed(running, 'websocket')).toBe('hello');
    await running.control?.pause();
    await running.control?.resume();
    expect(await echoed(running, 'websocket')).toBe('hello');
    await running.control?.kill();
    await expect(echoed(running, 'websocket')).rejects.toThrow();
    await running.control?.restart();
    expect(await echoed(running, 'websocket-tls')).toBe('hello');
    await running.control?.pause();
    await running.stop();
    expect(await left()).toEqual([]);
  });

  it('shows state, exit code and log of a container that ends, and removes it', async () => {
    const file = target('test-ends', 'CMD ["sh", "-c", "echo out of cheese >&2; exit 3"]');
    const failure = await startTarget(loadTarget(file)).catch((error: Error) => error.message);
    expect(failure).toMatch(/^Test server did not start: the container ended with exit code 3\n/);
    expect(failure).toMatch(/^ {2}state: exited, exit code 3$/m);
    expect(failure).toMatch(/^ {4}out of cheese$/m);
    expect(await left()).toEqual([]);
  });

  it('shows the port bindings of a container that never answers, and removes it', async () => {
    const file = target('test-mute', 'CMD ["sleep", "600"]', ', within: 3s');
    const failure = await startTarget(loadTarget(file)).catch((error: Error) => error.message);
    expect(failure).toMatch(
      /^Test server did not start within 3s: websocket at 127\.0\.0\.1:\d+ gave no answer: /,
    );
    expect(failure).toMatch(/^ {2}state: running\n {2}ports: 9001\/tcp -> 127\.0\.0\.1:\d+$/m);
    expect(await left()).toEqual([]);
  });

  it('says which health it waited for', async () => {
    const health = ', within: 3s, health: { log: ready, command: ["true"] }';
    const file = target('test-ill', 'CMD ["sleep", "601"]', health);
    const failure = await startTarget(loadTarget(file)).catch((error: Error) => error.message);
    expect(failure).toContain('did not start within 3s: no line of its log matches /ready/');
    expect(await left()).toEqual([]);
  });

  it('shows the output of a build that fails', async () => {
    const file = target('test-broken', 'RUN echo the glue is dry && exit 5');
    const failure = await startTarget(loadTarget(file)).catch((error: Error) => error.message);
    expect(failure).toMatch(/cannot be built: .*returned a non-zero code: 5/);
    expect(failure).toMatch(/^ {2}the glue is dry$/m);
  });

  it('is undone when the run is stopped meanwhile, or the process cleans up', async () => {
    const controller = new AbortController();
    const onProgress = (text: string) =>
      text.startsWith('starting') && controller.abort(new Error('stopped'));
    const starting = startTarget(loadTarget('ws'), { signal: controller.signal, onProgress });
    await expect(starting).rejects.toThrow('stopped');
    expect(await left()).toEqual([]);
    await startTarget(loadTarget('ws'));
    expect(await left()).toHaveLength(1);
    await runCleanups();
    expect(await left()).toEqual([]);
  });

  it('is undone wherever its start is stopped', async () => {
    for (const later of [20, 60, 100, 150, 200, 250, 300, 400]) {
      const controller = new AbortController();
      const onProgress = (text: string) => {
        if (text.startsWith('starting')) setTimeout(() => controller.abort(new Error('stopped')), later);
      };
      const starting = startTarget(loadTarget('ws'), { signal: controller.signal, onProgress });
      // One that was quicker than that has started.
      await starting.then((target) => target.stop()).catch(({ message }) => expect(message).toBe('stopped'));
      expect(await left(), `after ${later} ms`).toEqual([]);
    }
  });

  it('stays up where it is to be kept, until another one takes its place', async () => {
    if (engine instanceof Error) throw engine;
    const { dockerode } = engine.client.container;
    const keep = (fresh: boolean) => startTarget(loadTarget('ws'), { keep: { fresh } });
    const first = await keep(true);
    const { endpoints, ca } = { endpoints: first.endpoints, ca: first.ca };
    await first.stop();
    const [name] = await left();
    try {
      // What clears up after runs that died lets it be.
      await removeLeftovers(engine);
      const second = await keep(false);
      expect([second.endpoints, second.ca]).toEqual([endpoints, ca]);
      expect(await echoed(second, 'websocket-tls')).toBe('hello');
      await second.stop();
      const third = await keep(true);
      expect(await echoed(third, 'websocket-tls')).toBe('hello');
      await third.stop();
      const others = await left();
      expect(others).toHaveLength(1);
      expect(others).not.toContain(name);
    } finally {
      for (const one of await left())
        await dockerode.getContainer(one.slice(1)).remove({ force: true, v: true });
    }
  });

  it('removes what a run left that died, and nothing of those alive', async () => {
    if (engine instanceof Error) throw engine;
    const { dockerode } = engine.client.container;
    const running = await startTarget(loadTarget('ws'));
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const leave = (others: Record<string, string>) =>
      dockerode.createContainer({
        Image: running.image?.name ?? '',
        Labels: { ...labelsOf('ws'), [labels.runner]: String(pid), ...others },
      });
    const orphan = await leave({});
    // Of a run in a container that shares our network, and so our name: whether it is alive cannot be seen.
    const elsewhere = await leave({ [labels.processes]: 'pid:[1]' });
    try {
      await removeLeftovers(engine);
      await expect(orphan.inspect()).rejects.toThrow(/no such container/i);
      await expect(elsewhere.inspect()).resolves.toBeDefined();
    } finally {
      await elsewhere.remove({ force: true });
    }
    expect(await echoed(running, 'websocket')).toBe('hello');
    await running.stop();
  });
});
