import { CertificateAuthority } from '../network/certificate-authority.ts';
import { Thread } from '../threads/thread.ts';
import type { EmbeddedAccount, EmbeddedServer } from './embedded-server.ts';

/** What is asked of the thread, with its answer. */
export interface Conversation {
  facts(): Facts;
  newAccount(): EmbeddedAccount;
  restart(): void;
  kill(): void;
  pause(): void;
  resume(): void;
  stop(): void;
}

/** What is true of a server while it lives, as far as it can be cloned. */
export interface Facts extends Pick<EmbeddedServer, 'domain' | 'rooms' | 'endpoints'> {
  authority: CertificateAuthority['parts'];
}

export type Question = keyof Conversation;
export type Answer = ReturnType<Conversation[Question]>;

/**
 * The healthy embedded server in a thread of its own, so that it and who plays cases on it have a core each. What
 * needs its faults, or is to know when it has settled, has it in its own thread: `startEmbeddedServer`.
 */
export class ServerThread {
  readonly domain: string;
  readonly rooms: string;
  readonly authority: CertificateAuthority;
  readonly endpoints: EmbeddedServer['endpoints'];
  readonly #thread: Thread<Question, Answer>;

  private constructor(thread: Thread<Question, Answer>, { domain, rooms, endpoints, authority }: Facts) {
    this.#thread = thread;
    this.domain = domain;
    this.rooms = rooms;
    this.endpoints = endpoints;
    this.authority = CertificateAuthority.restore(authority);
  }

  /** Starts it; `settings` are those of `startEmbeddedServer` that can be cloned. */
  static async start(settings: { domain?: string }): Promise<ServerThread> {
    const thread = new Thread<Question, Answer>(
      new URL('./server-thread-main.js', import.meta.url),
      settings,
    );
    try {
      return new ServerThread(thread, (await thread.ask('facts')) as Facts);
    } catch (error) {
      await thread.end();
      throw error;
    }
  }

  get ca(): string {
    return this.authority.certificate;
  }

  async newAccount(): Promise<EmbeddedAccount> {
    return (await this.#thread.ask('newAccount')) as EmbeddedAccount;
  }

  async restart(): Promise<void> {
    await this.#thread.ask('restart');
  }

  async kill(): Promise<void> {
    await this.#thread.ask('kill');
  }

  async pause(): Promise<void> {
    await this.#thread.ask('pause');
  }

  async resume(): Promise<void> {
    await this.#thread.ask('resume');
  }

  async stop(): Promise<void> {
    await this.#thread.ask('stop').catch(() => {});
    await this.#thread.end();
  }
}
