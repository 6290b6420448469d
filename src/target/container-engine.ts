import { once } from 'node:events';
import { existsSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import type { ContainerRuntimeClient } from 'testcontainers';
import { EngineMissingError } from './errors.ts';

export type Testcontainers = typeof import('testcontainers');

/** The engine that answers, and the library that speaks to it. */
export interface Engine {
  readonly library: Testcontainers;
  readonly client: ContainerRuntimeClient;
  /**
   * The address at which published ports of its containers are reached; the loopback address where the engine
   * shares this machine's network.
   */
  readonly address: string;
}

/** Labels by which leftovers of a run that died are recognised. */
export const labels = {
  touchstone: 'touchstone',
  runner: 'touchstone.runner',
  machine: 'touchstone.machine',
  /** Where the number of the runner counts: a container of the tool has processes of its own. */
  processes: 'touchstone.processes',
  /** It outlives its run on purpose; the value tells which server it is. */
  kept: 'touchstone.kept',
  authority: 'touchstone.authority',
} as const;

let engine: Promise<Engine> | undefined;

/**
 * The container engine of this machine, or the one that DOCKER_HOST names. Throws `EngineMissingError`.
 * The library is loaded only now: a run that needs no container starts without its weight.
 */
export function containerEngine(): Promise<Engine> {
  engine ??= connect();
  engine.catch(() => {
    engine = undefined;
  });
  return engine;
}

async function connect(): Promise<Engine> {
  // What is left over is removed by Touchstone itself, so the library's own remover (one more image) stays out.
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true';
  const { DOCKER_HOST: asked } = process.env;
  // The library would pass over a socket that is not there, and take another engine than the one that was named.
  if (asked?.startsWith('unix://') && !existsSync(asked.slice('unix://'.length)))
    throw new EngineMissingError(asked);
  const library = await import('testcontainers');
  try {
    const client = await library.getContainerRuntimeClient();
    const { host } = client.info.containerRuntime;
    return { library, client, address: (await isOwnAddress(host)) ? '127.0.0.1' : host };
  } catch (error) {
    throw new EngineMissingError(asked, { cause: error });
  }
}

/**
 * Whether a host is this very machine. The library answers with the gateway of the engine's network wherever it runs
 * in a container itself, also where the engine runs in that same container. The list of interfaces does not tell: it
 * leaves the engine's bridge out as long as no container is attached. Only an own address can be listened on.
 */
export async function isOwnAddress(host: string): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ host, port: 0 }), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** What every container of this process carries. */
export function labelsOf(target: string): Record<string, string> {
  return {
    [labels.touchstone]: target,
    [labels.runner]: String(process.pid),
    [labels.machine]: hostname(),
    [labels.processes]: processSpace(),
  };
}

/**
 * What the numbers of processes seen from here are numbers in. A container that shares the network of its host has the
 * host's name, and sees none of its processes: without this, it would take the servers of every run there for leftovers.
 */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return 'all'; // No Linux: there are no others.
  }
}

let swept: Promise<void> | undefined;

/** As `removeLeftovers`, once in this process; what fails is passed over. */
export function sweepOnce(one: Engine): Promise<void> {
  swept ??= removeLeftovers(one).catch(() => {});
  return swept;
}

/** Removes containers of runs on this machine whose process is gone; of those whose processes cannot be seen, none. */
export async function removeLeftovers({ client }: Engine): Promise<void> {
  const { dockerode } = client.container;
  const here = [`${labels.machine}=${hostname()}`, `${labels.processes}=${processSpace()}`];
  const filters = { label: [labels.touchstone, ...here] };
  const containers = await dockerode.listContainers({ all: true, filters });
  const orphans = containers.filter(
    ({ Labels }) => Labels[labels.kept] === undefined && !isAlive(Number(Labels[labels.runner])),
  );
  await Promise.allSettled(
    orphans.map((orphan) => dockerode.getContainer(orphan.Id).remove({ force: true, v: true })),
  );
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
