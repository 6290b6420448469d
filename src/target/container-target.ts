import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { CertificateAuthority } from '../network/certificate-authority.ts';
import { aborted } from './answers.ts';
import { onCleanup } from './cleanups.ts';
import { runToSuccess } from './commands.ts';
import {
  containerEngine,
  type Engine,
  labelsOf,
  sweepOnce,
  type Testcontainers,
} from './container-engine.ts';
import { type Image, imageOfFolder, imageOfName } from './container-image.ts';
import { deadline, type StartOptions } from './deadline.ts';
import { TargetStartError } from './errors.ts';
import { findKept, keyOf, labelsOfKept } from './kept-container.ts';
import type { TargetDefinition } from './load-target.ts';
import { type LogLine, LogLines } from './log-lines.ts';
import type { TargetControl } from './running-target.ts';
import { certificateNames, type Host, ServedTarget, trustOf } from './served-target.ts';
import type { ContainerStart, TargetFile } from './target.schema.ts';

/** So long the engine may take to notice that a container must not be started any more, in milliseconds. */
const engineGraceMs = 5000;
/** Lines of the server's log that a failed start shows. */
const logLinesShown = 30;

/** Builds what is to be built, starts the container and waits until the server in it answers. */
export async function startContainerTarget(
  definition: TargetDefinition,
  start: ContainerStart,
  options: StartOptions,
): Promise<ServedTarget> {
  const engine = await containerEngine();
  await sweepOnce(engine);
  const image = await findImage(engine, definition, start, options);
  const { CertificateAuthority } = await import('../network/certificate-authority.ts');
  const { keep } = options;
  const key = keep && keyOf(image.id, start, definition.settings.endpoints, contentsOf(definition, start));
  const kept = key && (await findKept(engine, definition.settings.target, key, keep.fresh));
  const authority =
    (kept || undefined)?.authority ?? options.authority ?? (await CertificateAuthority.create());
  options.signal.throwIfAborted();
  options.onProgress(`starting ${definition.settings.title}`);

  const limit = deadline(start.within, options.signal);
  const container = new Container(engine, definition, start, image, kept ? kept.name : undefined);
  try {
    if (kept) await container.attach();
    else {
      const files = await filesOf(definition, start, authority, container.address);
      await container.start(files, key ? await labelsOfKept(key, authority) : {}, limit.signal);
    }
    const target = new ServedTarget(
      definition,
      container,
      trustOf(definition.settings, definition.folder, authority),
    );
    await container.healthy(limit.signal);
    await container.whileItLives((signal) => target.answers(signal), limit.signal);
    await target.learnVersion(limit.signal);
    container.isKept = keep !== undefined;
    return target;
  } catch (error) {
    // Whoever stopped the run asks for no reason.
    const seen = options.signal.aborted ? [] : await container.describe();
    await container.stop();
    options.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    const head = `${definition.settings.title} did not start${limit.signal.aborted ? ` within ${limit.text}` : ''}: ${reason}`;
    throw new TargetStartError([head, ...seen].join('\n'), { cause: error });
  } finally {
    limit.clear();
  }
}

function findImage(
  engine: Engine,
  { folder, settings }: TargetDefinition,
  start: ContainerStart,
  options: StartOptions,
): Promise<Image> {
  return start.build === undefined
    ? imageOfName(engine, start.image ?? '', options)
    : imageOfFolder(
        engine,
        nameForEngine(settings),
        {
          folder: resolve(folder, start.build),
          ...(start['build-arguments'] ? { buildArguments: start['build-arguments'] } : {}),
        },
        options,
      );
}

/** No engine takes the @ of a variant in a name. */
function nameForEngine({ target }: TargetFile): string {
  return target.replace('@', '-');
}

/** Content of every file that is put into the container before it starts. */
async function filesOf(
  { settings, folder }: TargetDefinition,
  start: ContainerStart,
  authority: CertificateAuthority,
  address: string,
): Promise<{ target: string; content: Buffer | string }[]> {
  const files = Object.entries(start.files ?? {});
  const { names, xmppDomains } = certificateNames(settings, address);
  const issued = await authority.issueServer(names, { xmppDomains });
  const made: Record<string, string> = {
    certificate: issued.certificate,
    'private-key': issued.privateKey,
    ca: authority.certificate,
  };
  return files.map(([target, source]) => ({
    target,
    content: made[source] ?? readFileSync(resolve(folder, source)),
  }));
}

/** What is put into the container from beside the target's file. */
function contentsOf({ folder }: TargetDefinition, start: ContainerStart): string[] {
  const sources = Object.values(start.files ?? {}).filter((source) => source.startsWith('.'));
  return sources.map((source) => readFileSync(resolve(folder, source)).toString('base64'));
}

/** One container, from its creation to its removal. */
class Container implements Host {
  readonly address: string;
  readonly image: Image;
  readonly values = {};
  readonly #engine: Engine;
  readonly #definition: TargetDefinition;
  readonly #start: ContainerStart;
  readonly #name: string;
  readonly #log = new LogLines();
  readonly #forget: () => void;
  /** `stop` leaves it as it is. */
  isKept = false;
  #ports = new Map<number, number>();
  #starting: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(
    engine: Engine,
    definition: TargetDefinition,
    start: ContainerStart,
    image: Image,
    name = `touchstone-${nameForEngine(definition.settings)}-${randomBytes(5).toString('hex')}`,
  ) {
    this.address = engine.address;
    this.image = image;
    this.#engine = engine;
    this.#definition = definition;
    this.#start = start;
    this.#name = name;
    this.#forget = onCleanup(() => this.stop());
  }

  get #container() {
    return this.#engine.client.container.getById(this.#name);
  }

  async start(
    files: { target: string; content: Buffer | string }[],
    further: Record<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const { settings } = this.#definition;
    const { library } = this.#engine;
    const generic = new (localContainer(library, this.address))(this.image.name)
      .withName(this.#name)
      .withLabels({ ...labelsOf(settings.target), ...further })
      .withExposedPorts(...portsOf(settings))
      .withEnvironment(this.#start.environment ?? {})
      .withCopyContentToContainer(files.map((file) => ({ ...file, mode: 0o644 })))
      .withLogConsumer((stream) => this.#follow(stream))
      .withWaitStrategy(waitsForNothing);
    if (this.#start.command) generic.withCommand([...this.#start.command]);
    // The library waits ten seconds for the ports of a container that has ended long since.
    const exited = new Promise<never>((_resolve, reject) => {
      generic.onCreated = () => {
        if (this.#stopped) throw new TargetStartError('it was stopped before it was started');
        void this.#exit({ condition: 'next-exit' }).then(reject);
      };
    });
    const over = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new TargetStartError('the engine did not start it')), {
        once: true,
      });
    });
    this.#starting = generic.start();
    this.#starting.catch(() => {});
    await Promise.race([this.#starting, exited, over]);
    await this.#learnPorts();
  }

  /** Takes a container that is up already. */
  async attach(): Promise<void> {
    const since = Math.floor(Date.now() / 1000);
    this.#follow(await this.#engine.client.container.logs(this.#container, { since }));
    await this.#learnPorts();
  }

  portOf(_kind: string, declared: number | undefined): number {
    return this.#ports.get(declared ?? 0) ?? 0;
  }

  async execute(command: string[]): Promise<{ exitCode: number; output: string }> {
    return this.#engine.client.container.exec(this.#container, command);
  }

  logsSince(time: number): LogLine[] {
    return this.#log.since(time);
  }

  /** Waits for what the target's file and the image call healthy. */
  async healthy(signal: AbortSignal): Promise<void> {
    await this.whileItLives((both) => this.#becomesHealthy(both), signal);
  }

  /** Does something that only makes sense while the container runs; throws as soon as it does not. */
  async whileItLives(task: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const exited = this.#exit({ abortSignal: over.signal }).then((error) => {
      throw error;
    });
    try {
      await Promise.race([task(AbortSignal.any([signal, over.signal])), exited]);
    } finally {
      over.abort();
    }
  }

  get control(): TargetControl {
    const commands = this.#definition.settings.control;
    const place = { folder: this.#definition.folder };
    const either = (command: readonly string[] | undefined, otherwise: () => Promise<void>) =>
      command ? runToSuccess(command, place) : otherwise();
    return {
      restart: () => either(commands?.restart, () => this.#restart()),
      pause: () => either(commands?.pause, () => this.#container.pause()),
      resume: () => either(commands?.resume, () => this.#container.unpause()),
      kill: () => either(commands?.kill, () => this.#container.kill({ signal: 'SIGKILL' })),
    };
  }

  /** What can be seen of the container: its state, its ports, the end of its log. Never throws. */
  async describe(): Promise<string[]> {
    const lines: string[] = [];
    try {
      const { State, NetworkSettings } = await this.#container.inspect();
      const ended = State.Running
        ? ''
        : `, exit code ${State.ExitCode}${State.OOMKilled ? ', out of memory' : ''}`;
      // A container that ended at once did so before its log was followed.
      if (!State.Running && this.#log.last(1).length === 0) await this.#readWholeLog();
      lines.push(`  state: ${State.Status}${ended}${State.Error ? `, ${State.Error}` : ''}`);
      const bindings = Object.entries(NetworkSettings.Ports ?? {}).map(
        ([port, hosts]) =>
          `${port} -> ${hosts?.map((one) => `${one.HostIp}:${one.HostPort}`).join(', ') ?? 'not bound'}`,
      );
      lines.push(`  ports: ${bindings.join('; ') || 'none bound'}`);
    } catch (error) {
      lines.push(`  state: no container (${error instanceof Error ? error.message : String(error)})`);
    }
    const log = this.#log.last(logLinesShown);
    lines.push(log.length === 0 ? '  log: empty' : `  last ${log.length} lines of its log:`);
    return [...lines, ...log.map((line) => `    ${line}`)];
  }

  async stop(): Promise<void> {
    this.#forget();
    if (this.isKept) return;
    this.#stopped = true;
    await this.#remove();
    // A container that the engine was only about to make is not found by the first attempt.
    await Promise.race([this.#starting, aborted(new AbortController().signal, engineGraceMs)]).catch(
      () => {},
    );
    await this.#remove();
  }

  async #remove(): Promise<void> {
    try {
      await this.#container.remove({ force: true, v: true });
    } catch {
      // It is gone already, or the engine is: either way there is nothing more to be done from here.
    }
  }

  /** Resolves when the container has ended, with an error that says so; never where that cannot be seen. */
  async #exit(options: { condition?: 'next-exit'; abortSignal?: AbortSignal }): Promise<TargetStartError> {
    try {
      const { StatusCode } = await this.#container.wait(options);
      return new TargetStartError(`the container ended with exit code ${StatusCode}`);
    } catch {
      return new Promise(() => {});
    }
  }

  async #becomesHealthy(signal: AbortSignal): Promise<void> {
    const { health } = this.#start;
    const line = health?.log === undefined ? undefined : new RegExp(health.log);
    for (let pause = 20; ; pause = Math.min(pause * 1.5, 500)) {
      const logged = line === undefined || this.#log.last(200).some((text) => line.test(text));
      const done = health?.command === undefined || (await this.execute([...health.command])).exitCode === 0;
      const { State } = await this.#container.inspect();
      const verdict = State.Health?.Status ?? 'none';
      if (logged && done && (verdict === 'healthy' || verdict === 'none')) return;
      if (signal.aborted) {
        const missing = logged
          ? done
            ? `its health is ${verdict}`
            : 'its health command fails'
          : `no line of its log matches ${line}`;
        throw new TargetStartError(missing);
      }
      await aborted(signal, pause);
    }
  }

  async #restart(): Promise<void> {
    const container = this.#container;
    const { State } = await container.inspect();
    if (State.Paused) await container.unpause();
    await container.restart({ t: 5 });
    const { StartedAt } = (await container.inspect()).State;
    const since = Date.parse(StartedAt) / 1000;
    this.#follow(await this.#engine.client.container.logs(container, { since }));
    await this.#learnPorts();
  }

  async #learnPorts(): Promise<void> {
    const { NetworkSettings } = await this.#container.inspect();
    const bound = new Map<number, number>();
    for (const [port, hosts] of Object.entries(NetworkSettings.Ports ?? {})) {
      const first = hosts?.[0];
      if (first) bound.set(Number.parseInt(port, 10), Number(first.HostPort));
    }
    this.#ports = bound;
  }

  async #readWholeLog(): Promise<void> {
    const stream = await this.#engine.client.container.logs(this.#container, { tail: logLinesShown });
    this.#follow(stream);
    // One that the engine is only about to start has a log that ends when the container does, or with no word at all.
    const read = finished(stream, { writable: false }).catch(() => {});
    await Promise.race([read, aborted(new AbortController().signal, engineGraceMs)]);
  }

  #follow(stream: Readable): void {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => this.#log.take(chunk));
    stream.on('error', () => {});
  }
}

function portsOf(settings: TargetFile): number[] {
  const ports = Object.values(settings.endpoints).map((endpoint) => endpoint.port);
  return [...new Set(ports.filter((port) => port !== undefined))];
}

/** The library's container, but reachable from this machine only (an engine elsewhere must be reachable, too). */
function localContainer({ GenericContainer }: Testcontainers, address: string) {
  const isHere = address === '127.0.0.1';
  return class LocalContainer extends GenericContainer {
    onCreated = () => {};

    protected override async containerCreated(): Promise<void> {
      this.onCreated();
    }

    protected override async beforeContainerCreated(): Promise<void> {
      if (!isHere) return;
      const bindings: Record<string, { HostIp?: string; HostPort?: string }[]> =
        this.hostConfig.PortBindings ?? {};
      for (const hosts of Object.values(bindings)) for (const host of hosts) host.HostIp = '127.0.0.1';
    }
  };
}

/** Touchstone waits itself, under one deadline, and keeps the container for the post-mortem. */
const waitsForNothing = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => waitsForNothing,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
};
