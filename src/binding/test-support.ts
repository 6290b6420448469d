import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type EmbeddedServer, startEmbeddedServer } from '../reference/embedded-server.ts';
import { ChatClient } from './chat-client.ts';
import type { Dialect } from './dialect.schema.ts';
import type {
  KeptSession,
  MessagingClient,
  MessagingEvent,
  SignInOptions,
  TlsWish,
} from './messaging-client.ts';
import { XmppMessagingClient } from './xmpp-client.ts';

const dialect = parse(
  readFileSync(new URL('../../containers/embedded/dialect.yaml', import.meta.url), 'utf8'),
) as Dialect;

/** Every way in which messages can be spoken to the embedded server. */
export const ways = ['XMPP with direct TLS', 'XMPP with STARTTLS', 'chat'] as const;
export type Way = (typeof ways)[number];

/** One user in a test, and what it saw. */
export class TestUser {
  readonly username: string;
  readonly password: string;
  readonly client: MessagingClient;
  readonly server: EmbeddedServer;
  /** Called for each chunk that passes. */
  onChunk: () => void = () => {};
  readonly #way: Way;
  readonly #seen: MessagingEvent[] = [];
  #wake: (() => void) | undefined;

  constructor(server: EmbeddedServer, way: Way) {
    const account = server.newAccount();
    this.username = account.username;
    this.password = account.password;
    this.server = server;
    this.#way = way;
    const options = {
      onEvent: (event: MessagingEvent) => {
        this.#seen.push(event);
        this.#wake?.();
      },
      observe: () => this.onChunk(),
    };
    const { domain, ca } = server;
    this.client =
      way === 'chat'
        ? new ChatClient(
            account.username,
            { dialect, path: '/chat', secure: true, ca, servername: domain },
            options,
          )
        : new XmppMessagingClient(
            account.bare,
            { domain, ca, tls: way.includes('direct') ? 'direct' : 'starttls' },
            options,
          );
  }

  /** Where to connect; `at` is a relay before the server. */
  reach(wishes: Partial<SignInOptions> = {}, at?: { host: string; port: number }): SignInOptions {
    const endpoint = at ?? this.endpoint(wishes.tls);
    const signal = new AbortController().signal;
    return { host: endpoint.host, port: endpoint.port, signal, patienceMs: 10_000, ...wishes };
  }

  endpoint(tls?: TlsWish): { host: string; port: number } {
    const { endpoints } = this.server;
    const secure = this.#way === 'XMPP with STARTTLS' ? endpoints.xmpp : endpoints['xmpp-tls'];
    const xmpp = tls === 'none' ? endpoints.xmpp : secure;
    const endpoint = this.#way === 'chat' ? endpoints[tls === 'none' ? 'chat' : 'chat-tls'] : xmpp;
    if (!endpoint) throw new Error('there is no such endpoint');
    return endpoint;
  }

  signIn(
    wishes: Partial<SignInOptions> & { password?: string } = {},
    at?: { host: string; port: number },
  ): Promise<void> {
    const { password = this.password, ...others } = wishes;
    return this.client.signIn({ username: this.username, password }, this.reach(others, at));
  }

  resume(wishes: { session?: KeptSession } = {}, at?: { host: string; port: number }): Promise<void> {
    return this.client.resume(this, { ...this.reach({ resumable: true }, at), ...wishes });
  }

  /** The first event of that kind that was not asked for before. */
  async next<K extends MessagingEvent['kind']>(kind: K): Promise<MessagingEvent & { kind: K }> {
    for (;;) {
      const at = this.#seen.findIndex((event) => event.kind === kind);
      if (at >= 0) return this.#seen.splice(at, 1)[0] as MessagingEvent & { kind: K };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** A server and users of it, all gone when `end` is called. */
export async function openStage(way: Way, faults: readonly string[] = []) {
  const server = await startEmbeddedServer({ faults });
  const users: TestUser[] = [];
  return {
    server,
    user: () => {
      const user = new TestUser(server, way);
      users.push(user);
      return user;
    },
    end: async () => {
      for (const user of users) user.client.dispose();
      await server.stop();
    },
  };
}
