import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CertificateAuthority } from '../network/certificate-authority.ts';
import { type Accounts, accountsOf, type CommandResult } from './accounts.ts';
import { waitForAnswer } from './answers.ts';
import type { Capabilities } from './capabilities.ts';
import { kindOf, type TargetDefinition } from './load-target.ts';
import type { LogLine } from './log-lines.ts';
import { fillIn } from './placeholders.ts';
import { probe } from './probe.ts';
import { Registrar } from './register-in-band.ts';
import {
  type Account,
  type Endpoint,
  type EndpointKind,
  endpointKinds,
  type RunningTarget,
  serviceNames,
  type TargetControl,
} from './running-target.ts';
import type { TargetFile } from './target.schema.ts';

/** Where a server runs, as far as it can be seen from outside: what differs between containers, processes and others. */
export interface Host {
  /** The name or address that endpoints are reached at. */
  readonly address: string;
  /** The port of this machine that leads to the endpoint now. */
  portOf(kind: EndpointKind, declared: number | undefined): number;
  /** Runs a command where the server runs; absent where there is no such place. */
  execute?(command: string[], signal: AbortSignal): Promise<CommandResult>;
  /** What disturbs the server; `restart` need not wait for an answer. Absent where nothing can. */
  readonly control?: TargetControl;
  readonly image?: { readonly name: string; readonly id: string };
  /** Placeholders that commands may name. */
  readonly values: Readonly<Record<string, string>>;
  logsSince(time: number): LogLine[];
  /** Never throws. */
  stop(): Promise<void>;
}

export interface Trust {
  ca?: string;
  authority?: CertificateAuthority;
}

/** A target as the rest of Touchstone sees it, over any kind of host. */
export class ServedTarget implements RunningTarget {
  readonly name: string;
  readonly title: string;
  readonly kind: RunningTarget['kind'];
  readonly domain: string;
  readonly isUnique: boolean;
  product: { readonly name: string; readonly version?: string };
  declare readonly anonymousDomain?: string;
  declare readonly rooms?: string;
  declare readonly pubsub?: string;
  declare readonly uploads?: string;
  declare readonly ca?: string;
  declare readonly authority?: CertificateAuthority;
  declare readonly jobs?: number;
  declare readonly image?: { readonly name: string; readonly id: string };
  declare readonly control?: TargetControl;
  readonly #definition: TargetDefinition;
  readonly #host: Host;
  readonly #accounts: Accounts;
  readonly #registrar = new Registrar(this);
  #capabilities: Promise<Capabilities> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(definition: TargetDefinition, host: Host, trust: Trust) {
    const { settings } = definition;
    this.#definition = definition;
    this.#host = host;
    this.name = settings.target;
    this.title = settings.title;
    this.kind = kindOf(settings);
    this.domain = settings.domain ?? host.address;
    const hasFixedPort = Object.values(settings.endpoints).some(({ port }) => port !== undefined);
    this.isUnique = this.kind === 'external' || (this.kind === 'process' && hasFixedPort);
    const { version } = settings.product;
    this.product = { name: settings.product.name, ...(typeof version === 'string' ? { version } : {}) };
    const control = host.control && this.#controlOf(host.control);
    Object.assign(
      this,
      settings['anonymous-domain'] && { anonymousDomain: settings['anonymous-domain'] },
      ...serviceNames.map((name) => settings[name] && { [name]: settings[name] }),
      settings.jobs && { jobs: settings.jobs },
      host.image && { image: host.image },
      control && { control },
      trust,
    );
    this.#accounts = accountsOf(settings, {
      domain: this.domain,
      values: host.values,
      register: (account, signal) => this.#registrar.register(account, signal),
      ...(host.execute ? { execute: (command, signal) => host.execute?.(command, signal) ?? nowhere() } : {}),
    });
  }

  get endpoints(): { readonly [kind in EndpointKind]?: Endpoint } {
    const declared = endpointKinds.filter((kind) => this.#definition.settings.endpoints[kind]);
    return Object.fromEntries(declared.map((kind) => [kind, this.#endpoint(kind)]));
  }

  capabilities(signal?: AbortSignal): Promise<Capabilities> {
    if (!this.#capabilities) {
      const probing = probe(this, this.#definition.settings, signal);
      probing.catch(() => {
        this.#capabilities = undefined;
      });
      this.#capabilities = probing;
    }
    return this.#capabilities;
  }

  newAccount(signal?: AbortSignal): Promise<Account> {
    return this.#accounts.take(signal);
  }

  logsSince(time: number): LogLine[] {
    return this.#host.logsSince(time);
  }

  stop(): Promise<void> {
    this.#accounts.stop();
    this.#registrar.stop();
    this.#stopped ??= this.#host.stop();
    return this.#stopped;
  }

  /** Resolves when every endpoint speaks its protocol; throws `TargetStartError` when the signal aborts before. */
  async answers(signal: AbortSignal): Promise<void> {
    const greeting = { domain: this.#definition.settings.domain, ca: this.ca, signal };
    await Promise.all(Object.values(this.endpoints).map((endpoint) => waitForAnswer(endpoint, greeting)));
  }

  /** Asks the server for its version in the way that the target file says; what it cannot tell stays unknown. */
  async learnVersion(signal: AbortSignal): Promise<void> {
    const { version } = this.#definition.settings.product;
    if (version === undefined || typeof version === 'string' || !this.#host.execute) return;
    const command = version.command.map((word) => fillIn(word, this.#host.values));
    const { output } = await this.#host.execute(command, signal);
    const found = new RegExp(version.match, 'm').exec(output);
    if (found) this.product = { ...this.product, version: found[1] ?? found[0] };
  }

  #endpoint(kind: EndpointKind): Endpoint {
    const declared: Declared = this.#definition.settings.endpoints[kind] ?? {};
    const isWeb = kind !== 'xmpp' && kind !== 'xmpp-tls';
    return {
      kind,
      host: this.#host.address,
      port: this.#host.portOf(kind, declared.port),
      tls: kind.endsWith('-tls') ? 'direct' : kind === 'xmpp' ? (declared.tls ?? 'required') : 'none',
      ...(isWeb ? { path: declared.path ?? '/' } : {}),
      ...(declared.echo === undefined ? {} : { echo: declared.echo }),
      ...(declared.dialect === undefined
        ? {}
        : { dialect: resolve(this.#definition.folder, declared.dialect) }),
    };
  }

  #controlOf(control: TargetControl): TargetControl {
    return {
      restart: async (signal) => {
        await control.restart(signal);
        await this.answers(signal ?? AbortSignal.timeout(60_000));
      },
      pause: () => control.pause(),
      resume: () => control.resume(),
      kill: () => control.kill(),
    };
  }
}

interface Declared {
  port?: number;
  path?: string;
  tls?: 'required' | 'offered' | 'none';
  echo?: boolean;
  dialect?: string;
}

/** The certificates that the target's file asks to trust; `authority` is the one made for this run. */
export function trustOf(
  settings: TargetFile,
  folder: string,
  authority: CertificateAuthority | undefined,
): Trust {
  const ca = settings.tls?.ca ?? (kindOf(settings) === 'external' ? 'system' : 'touchstone');
  if (ca === 'system') return {};
  if (ca !== 'touchstone') return { ca: readFileSync(resolve(folder, ca), 'utf8') };
  return authority ? { ca: authority.certificate, authority } : {};
}

/** Every name that the target's own certificate must hold; `address` is where it is reached. */
export function certificateNames(
  settings: TargetFile,
  address: string,
): { names: string[]; xmppDomains: string[] } {
  const services = serviceNames.map((name) => settings[name]);
  const domains = [settings.domain, settings['anonymous-domain'], ...services].filter(
    (name) => name !== undefined,
  );
  return {
    names: [...new Set([...domains, 'localhost', '127.0.0.1', '::1', address])],
    xmppDomains: domains,
  };
}

function nowhere(): never {
  throw new Error('there is nowhere to run a command');
}
