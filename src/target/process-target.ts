import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onCleanup } from './cleanups.ts';
import { runCommand, runToSuccess } from './commands.ts';
import { deadline, type StartOptions } from './deadline.ts';
import { TargetStartError } from './errors.ts';
import type { TargetDefinition } from './load-target.ts';
import { type LogLine, LogLines } from './log-lines.ts';
import { fillIn } from './placeholders.ts';
import { type EndpointKind, endpointKinds, type TargetControl } from './running-target.ts';
import { certificateNames, type Host, ServedTarget, trustOf } from './served-target.ts';
import type { ProcessStart } from './target.schema.ts';

/** A server that is asked to end gets so long for it, in milliseconds. */
const graceMs = 5000;

/** Starts the command and waits until the server answers. */
export async function startProcessTarget(
  definition: TargetDefinition,
  start: ProcessStart,
  options: StartOptions,
): Promise<ServedTarget> {
  const { settings } = definition;
  const { CertificateAuthority } = await import('../network/certificate-authority.ts');
  const authority = options.authority ?? (await CertificateAuthority.create());
  const { names, xmppDomains } = certificateNames(settings, '127.0.0.1');
  const issued = await authority.issueServer(names, { xmppDomains });
  const ports = await choosePorts(definition);
  options.onProgress(`starting ${settings.title}`);

  const host = new ProcessHost(definition, start, ports);
  host.writeFiles({
    certificate: issued.certificate,
    'private-key': issued.privateKey,
    ca: authority.certificate,
  });
  const limit = deadline(start.within, options.signal);
  try {
    host.start();
    const target = new ServedTarget(definition, host, trustOf(settings, definition.folder, authority));
    await host.whileItLives((signal) => target.answers(signal), limit.signal);
    await target.learnVersion(limit.signal);
    return target;
  } catch (error) {
    const seen = host.describe();
    await host.stop();
    options.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    const head = `${settings.title} did not start${limit.signal.aborted ? ` within ${limit.text}` : ''}: ${reason}`;
    throw new TargetStartError([head, ...seen].join('\n'), { cause: error });
  } finally {
    limit.clear();
  }
}

/** Declared ports, and a free one for each endpoint without. */
async function choosePorts({ settings }: TargetDefinition): Promise<Map<EndpointKind, number>> {
  const kinds = endpointKinds.filter((kind) => settings.endpoints[kind]);
  const chosen = await Promise.all(
    kinds.map(async (kind) => [kind, settings.endpoints[kind]?.port ?? (await freePort())] as const),
  );
  return new Map(chosen);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** One process of this machine, with the processes that it starts. */
class ProcessHost implements Host {
  readonly address = '127.0.0.1';
  readonly values: Record<string, string>;
  readonly #definition: TargetDefinition;
  readonly #command: ProcessStart;
  readonly #ports: ReadonlyMap<EndpointKind, number>;
  readonly #folder: string;
  readonly #log = new LogLines();
  readonly #forget: () => void;
  #child: ChildProcess | undefined;
  #exited: Promise<string> = Promise.resolve('it was not started');

  constructor(definition: TargetDefinition, command: ProcessStart, ports: ReadonlyMap<EndpointKind, number>) {
    this.#definition = definition;
    this.#command = command;
    this.#ports = ports;
    this.#folder = mkdtempSync(join(tmpdir(), 'touchstone-'));
    this.values = { folder: this.#folder };
    for (const [kind, port] of ports) this.values[`port.${kind}`] = String(port);
    const forget = onCleanup(() => this.stop());
    const atExit = () => this.#signal('SIGKILL');
    process.once('exit', atExit);
    this.#forget = () => {
      forget();
      process.off('exit', atExit);
    };
  }

  /** Puts files into the folder of this run; their paths become placeholders. */
  writeFiles(files: Record<string, string>): void {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.#folder, `${name}.pem`);
      writeFileSync(path, content, { mode: 0o600 });
      this.values[name] = path;
    }
  }

  start(): void {
    const [program = '', ...words] = this.#command.command.map((word) => fillIn(word, this.values));
    // A group of its own, so that whatever the command starts can be ended with it.
    const child = spawn(program, words, {
      ...this.#place,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (chunk: string) => this.#log.take(chunk));
    }
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(`it cannot be run: ${error.message}`));
      child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
    });
  }

  portOf(kind: EndpointKind): number {
    return this.#ports.get(kind) ?? 0;
  }

  execute(command: string[], signal: AbortSignal) {
    return runCommand(command, this.#place, signal);
  }

  logsSince(time: number): LogLine[] {
    return this.#log.since(time);
  }

  async whileItLives(task: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const ended = this.#exited.then((how) => {
      throw new TargetStartError(how);
    });
    try {
      await Promise.race([task(AbortSignal.any([signal, over.signal])), ended]);
    } finally {
      over.abort();
      ended.catch(() => {});
    }
  }

  get control(): TargetControl {
    const commands = this.#definition.settings.control;
    const either = async (command: readonly string[] | undefined, otherwise: () => unknown) => {
      const filled = command?.map((word) => fillIn(word, this.values));
      await (filled ? runToSuccess(filled, this.#place) : otherwise());
    };
    return {
      restart: () =>
        either(commands?.restart, async () => {
          await this.#end();
          this.start();
        }),
      pause: () => either(commands?.pause, () => this.#signal('SIGSTOP')),
      resume: () => either(commands?.resume, () => this.#signal('SIGCONT')),
      kill: () =>
        either(commands?.kill, () => {
          this.#signal('SIGKILL');
          return this.#exited;
        }),
    };
  }

  describe(): string[] {
    const log = this.#log.last(30);
    const command = this.#command.command.map((word) => fillIn(word, this.values)).join(' ');
    const ports = [...this.#ports].map(([kind, port]) => `${kind} ${port}`).join(', ');
    const head = log.length === 0 ? '  output: empty' : `  last ${log.length} lines of its output:`;
    return [`  command: ${command}`, `  ports: ${ports}`, head, ...log.map((line) => `    ${line}`)];
  }

  async stop(): Promise<void> {
    await this.#end();
    this.#forget();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #place() {
    const environment = Object.entries(this.#command.environment ?? {});
    const filled = Object.fromEntries(environment.map(([name, text]) => [name, fillIn(text, this.values)]));
    const folder = resolve(this.#definition.folder, this.#command.folder ?? '.');
    return { folder, cwd: folder, environment: filled, env: { ...process.env, ...filled } };
  }

  /** Asks the process to end, and makes it end when it does not; also when it is paused. */
  async #end(): Promise<void> {
    if (this.#child?.pid === undefined) return;
    this.#signal('SIGCONT');
    this.#signal('SIGTERM');
    const timer = setTimeout(() => this.#signal('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(timer);
    // Whatever it started may have outlived it.
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child?.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone.
    }
  }
}
