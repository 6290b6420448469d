import type { CertificateAuthority } from '../network/certificate-authority.ts';
import { Activity } from './activity.ts';
import { sharedAuthority, tlsIdentity } from './certificates.ts';
import { ChatService } from './chat/chat.ts';
import { FaultSwitch } from './fault.ts';
import { checkFaultNames } from './faults.ts';
import type { Ground, Service } from './service.ts';
import { EchoService } from './websocket/echo-service.ts';
import type { LocalAccount } from './xmpp/accounts.ts';
import { XmppService } from './xmpp/xmpp-service.ts';

/** Somebody who may log in. */
export interface EmbeddedAccount {
  readonly username: string;
  readonly password: string;
  readonly domain: string;
  /** `username@domain`. */
  readonly bare: string;
}

export interface EmbeddedServerOptions {
  /** The XMPP domain; `touchstone.example` where none is given. */
  readonly domain?: string;
  /** Signs the server's certificate, and client certificates that it trusts. One for the process where none is given. */
  readonly authority?: CertificateAuthority;
  /** Names of faults and operators, which act once the server is armed. */
  readonly faults?: readonly string[];
  /** Accounts that are there from the start. */
  readonly accounts?: readonly { readonly username: string; readonly password: string }[];
}

/** A server inside this process, on ports of 127.0.0.1 that stay the same while it lives. */
export interface EmbeddedServer {
  readonly domain: string;
  /** The domain of its service for rooms. */
  readonly rooms: string;
  /** PEM of the authority that the server's certificate leads to. */
  readonly ca: string;
  /** The same authority, to sign client certificates. */
  readonly authority: CertificateAuthority;
  readonly endpoints: Service['endpoints'];
  /** An account that nobody used before; makes it at once, without a word on the wire. */
  newAccount(): EmbeddedAccount;
  /** From now on the faults act. */
  arm(): void;
  /** Resolves when everything that was received has been answered, and the answers are on their way. */
  settled(othersAreBusy?: () => boolean): Promise<void>;
  /** Ends all connections and comes back with its accounts, rosters and stored messages. */
  restart(): Promise<void>;
  /** Dies without a word; `restart()` brings it back. */
  kill(): Promise<void>;
  /** Does nothing any more, while connections stay open and new ones wait. */
  pause(): void;
  resume(): void;
  /** Ends the server; may be called again. */
  stop(): Promise<void>;
}

/** Starts a server. Throws where a fault has a name that none has, or an account can't be made. */
export async function startEmbeddedServer(options: EmbeddedServerOptions = {}): Promise<EmbeddedServer> {
  const chosen = options.faults ?? [];
  checkFaultNames(chosen);
  const faults = new FaultSwitch(chosen);
  const domain = options.domain ?? 'touchstone.example';
  const authority = options.authority ?? (await sharedAuthority());
  const identity = await tlsIdentity(authority, domain, { chosen, faults });
  const ground: Ground = { domain, faults, activity: new Activity(), identity };
  const xmpp = await XmppService.start(ground);
  for (const { username, password } of options.accounts ?? []) {
    if (!xmpp.domain.accounts.create(username, password)) {
      throw new Error(`The account ${username} can't be made: it exists already, or the name can't be one.`);
    }
  }
  const echo = await EchoService.start(ground);
  const chat = await ChatService.start(ground, xmpp.domain.accounts);
  return new RunningServer(ground, authority, xmpp, [xmpp, chat, echo]);
}

class RunningServer implements EmbeddedServer {
  readonly domain: string;
  readonly authority: CertificateAuthority;
  readonly endpoints: Service['endpoints'];
  readonly #ground: Ground;
  readonly #xmpp: XmppService;
  readonly #services: readonly Service[];
  #paused = false;

  constructor(
    ground: Ground,
    authority: CertificateAuthority,
    xmpp: XmppService,
    services: readonly Service[],
  ) {
    this.domain = ground.domain;
    this.authority = authority;
    this.#ground = ground;
    this.#xmpp = xmpp;
    this.#services = services;
    this.endpoints = Object.assign(
      {},
      ...services.map((service) => service.endpoints),
    ) as Service['endpoints'];
  }

  get rooms(): string {
    return this.#xmpp.domain.rooms;
  }

  get ca(): string {
    return this.authority.certificate;
  }

  newAccount(): EmbeddedAccount {
    const { account, password } = this.#xmpp.domain.accounts.createFresh();
    return describe(account, password, this.domain);
  }

  arm(): void {
    this.#ground.faults.arm();
  }

  settled(othersAreBusy?: () => boolean): Promise<void> {
    return this.#ground.activity.settled(othersAreBusy);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    for (const port of this.#ports) port.pause();
    for (const service of this.#services) service.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const service of this.#services) service.resume();
    for (const port of this.#ports) port.resume();
  }

  async restart(): Promise<void> {
    this.resume();
    for (const port of this.#ports) port.shut();
    for (const service of this.#services) service.disconnect();
    // What was said is on its way; a client that does not take it is cut off.
    await this.settled();
    await this.#cutOff();
    for (const port of this.#ports) await port.reopen();
  }

  async kill(): Promise<void> {
    for (const port of this.#ports) port.shut();
    await this.#cutOff();
  }

  async stop(): Promise<void> {
    this.resume();
    await this.kill();
  }

  get #ports() {
    return this.#services.flatMap((service) => service.ports);
  }

  async #cutOff(): Promise<void> {
    await Promise.all(this.#ports.map((port) => port.cutOff()));
    for (const service of this.#services) service.forget();
  }
}

function describe(account: LocalAccount, password: string, domain: string): EmbeddedAccount {
  return { username: account.username, password, domain, bare: account.bare };
}
