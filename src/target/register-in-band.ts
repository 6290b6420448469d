import type { XmppConnection } from '../xmpp/connection.ts';
import { register } from '../xmpp/in-band-registration.ts';
import { NoAccountError } from './errors.ts';
import type { Account, RunningTarget } from './running-target.ts';
import { handiestEndpoint, openStreamTo } from './xmpp-connections.ts';

/**
 * Registers accounts in band (XEP-0077), one after the other on one connection: so an account costs no more than
 * two round trips. A server that closes the connection after one gets a new connection for the next.
 */
export class Registrar {
  readonly #target: RunningTarget;
  #connection: XmppConnection | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(target: RunningTarget) {
    this.#target = target;
  }

  /** Throws `NoAccountError` when the server refuses, or cannot be reached. */
  register(account: Account, signal: AbortSignal): Promise<void> {
    const turn = this.#last.then(() => this.#register(account, signal));
    this.#last = turn.catch(() => {});
    return turn;
  }

  stop(): void {
    this.#stopped = true;
    this.#drop();
  }

  async #register(account: Account, signal: AbortSignal): Promise<void> {
    const isUsed = this.#connection !== undefined && !this.#connection.ended;
    try {
      await this.#attempt(account, signal);
    } catch (error) {
      this.#drop();
      signal.throwIfAborted();
      // A connection that served before may have been closed, or refuse a second account: try once on a new one.
      if (isUsed) return this.#register(account, signal);
      const reason = error instanceof Error ? error.message : String(error);
      throw new NoAccountError(`${this.#target.title} registered no account: ${reason}`, { cause: error });
    }
  }

  async #attempt({ username, password }: Account, signal: AbortSignal): Promise<void> {
    if (!this.#connection || this.#connection.ended) this.#connection = await this.#connect(signal);
    await register(this.#connection, { username, password, signal });
  }

  async #connect(signal: AbortSignal): Promise<XmppConnection> {
    const endpoint = handiestEndpoint(this.#target);
    if (!endpoint) throw new Error('it has no XMPP endpoint');
    // The connection outlives whoever asked for this account; the signal ends only the wait for it.
    const own = new AbortController();
    const abort = () => own.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const connection = await openStreamTo(this.#target, endpoint, { signal: own.signal });
      if (this.#stopped) connection.destroy();
      return connection;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #drop(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }
}
