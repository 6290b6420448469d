import { fileURLToPath } from 'node:url';
import { type EmbeddedServer, startEmbeddedServer } from '../reference/embedded-server.ts';
import { ServerThread } from '../reference/server-thread.ts';
import { canHaveThreads } from '../threads/thread.ts';
import type { Capabilities } from './capabilities.ts';
import type { StartOptions } from './deadline.ts';
import type { TargetDefinition } from './load-target.ts';
import type { LogLine } from './log-lines.ts';
import { probe } from './probe.ts';
import {
  type Account,
  type Endpoint,
  type EndpointKind,
  endpointKinds,
  type RunningTarget,
  type TargetControl,
} from './running-target.ts';

/** How the embedded chat endpoint is spoken to. */
const dialect = fileURLToPath(new URL('../../containers/embedded/dialect.yaml', import.meta.url));

/**
 * Starts the reference server inside this process; in a thread of its own where it is only to be played on. Rejects
 * where a fault has a name that none has.
 */
export async function startEmbeddedTarget(
  definition: TargetDefinition,
  options: StartOptions & { faults?: readonly string[]; apart?: boolean },
): Promise<RunningTarget> {
  const { faults = [], authority, apart = false } = options;
  const { domain } = definition.settings;
  const settings = domain === undefined ? {} : { domain };
  if (apart && canHaveThreads && faults.length === 0 && !authority) {
    return new EmbeddedTarget(definition, await ServerThread.start(settings));
  }
  const server = await startEmbeddedServer({ faults, ...settings, ...(authority ? { authority } : {}) });
  return new ArmedTarget(definition, server);
}

class EmbeddedTarget<Server extends EmbeddedServer | ServerThread> implements RunningTarget {
  readonly name: string;
  readonly title: string;
  readonly kind = 'embedded';
  readonly isUnique = false;
  readonly product: { readonly name: string; readonly version?: string };
  readonly #definition: TargetDefinition;
  protected readonly server: Server;
  #capabilities: Promise<Capabilities> | undefined;

  constructor(definition: TargetDefinition, server: Server) {
    const { settings } = definition;
    this.#definition = definition;
    this.server = server;
    this.name = settings.target;
    this.title = settings.title;
    const { version } = settings.product;
    this.product = { name: settings.product.name, ...(typeof version === 'string' ? { version } : {}) };
    if (settings.jobs !== undefined) Object.assign(this, { jobs: settings.jobs });
  }

  get domain() {
    return this.server.domain;
  }

  get rooms() {
    return this.server.rooms;
  }

  get ca() {
    return this.server.ca;
  }

  get authority() {
    return this.server.authority;
  }

  get endpoints(): { readonly [kind in EndpointKind]?: Endpoint } {
    const here = endpointKinds.flatMap((kind) => {
      const endpoint = this.server.endpoints[kind];
      return endpoint ? [[kind, describe(kind, endpoint)] as const] : [];
    });
    return Object.fromEntries(here);
  }

  capabilities(signal?: AbortSignal): Promise<Capabilities> {
    this.#capabilities ??= probe(this, this.#definition.settings, signal);
    return this.#capabilities;
  }

  async newAccount(): Promise<Account> {
    return this.server.newAccount();
  }

  get control(): TargetControl {
    return {
      restart: () => this.server.restart(),
      pause: async () => this.server.pause(),
      resume: async () => this.server.resume(),
      kill: () => this.server.kill(),
    };
  }

  logsSince(): LogLine[] {
    return [];
  }

  async stop(): Promise<void> {
    await this.server.stop().catch(() => {});
  }
}

/** Its server lives in this thread: it can be armed at once, and asked whether it has settled. */
class ArmedTarget extends EmbeddedTarget<EmbeddedServer> {
  // Both are handed around as functions of their own.
  readonly settled = (othersAreBusy?: () => boolean) => this.server.settled(othersAreBusy);
  readonly arm = () => this.server.arm();
}

function describe(
  kind: EndpointKind,
  { host, port, path }: { host: string; port: number; path?: string },
): Endpoint {
  const isWeb = kind !== 'xmpp' && kind !== 'xmpp-tls';
  return {
    kind,
    host,
    port,
    tls: kind.endsWith('-tls') ? 'direct' : kind === 'xmpp' ? 'required' : 'none',
    ...(isWeb ? { path: path ?? '/' } : {}),
    ...(kind.startsWith('websocket') ? { echo: true } : {}),
    ...(kind.startsWith('chat') ? { dialect } : {}),
  };
}
