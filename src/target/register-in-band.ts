import type { XmppConnection } from '../xmpp/connection.ts';
import { type RegistrationForm, register } from '../xmpp/in-band-registration.ts';
import { NoAccountError } from './errors.ts';
import type { Account, RunningTarget } from './running-target.ts';
import { handiestEndpoint, openStreamTo } from './xmpp-connections.ts';

/** Connections that accounts are registered on at a time: a busy server takes long to answer each. */
const mostLanes = 4;

/** So long one account may take, in milliseconds: an answer that was lost must not hold up those behind it for ever. */
const patienceMs = 30_000;

/** Registers accounts in band (XEP-0077), on a few connections at a time that are opened when the others are busy. */
export class Registrar {
  readonly #target: RunningTarget;
  readonly #lanes: Lane[] = [];
  #stopped = false;

  constructor(target: RunningTarget) {
    this.#target = target;
  }

  /** Throws `NoAccountError` when the server refuses, or cannot be reached. */
  register(account: Account, signal: AbortSignal): Promise<void> {
    return this.#leastBusy().register(account, signal);
  }

  stop(): void {
    this.#stopped = true;
    for (const lane of this.#lanes) lane.stop();
  }

  #leastBusy(): Lane {
    const [known] = this.#lanes.toSorted((one, other) => one.waiting - other.waiting);
    if (known && (known.waiting === 0 || this.#lanes.length === mostLanes)) return known;
    const lane = new Lane(this.#target);
    if (this.#stopped) lane.stop();
    this.#lanes.push(lane);
    return lane;
  }
}

/**
 * One connection, where accounts are registered one after the other: so an account costs no more than a round trip
 * once the form is known. A server that closes the connection after one gets a new connection for the next.
 */
class Lane {
  readonly #target: RunningTarget;
  #connection: XmppConnection | undefined;
  /** What the server wants to know, as it said on this connection. */
  #form: RegistrationForm | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #stopped = false;

  constructor(target: RunningTarget) {
    this.#target = target;
  }

  /** Accounts that are not registered yet. */
  get waiting(): number {
    return this.#waiting;
  }

  register(account: Account, signal: AbortSignal): Promise<void> {
    this.#waiting += 1;
    const turn = this.#last.then(() => this.#register(account, signal));
    this.#last = turn
      .catch(() => {})
      .then(() => {
        this.#waiting -= 1;
      });
    return turn;
  }

  stop(): void {
    this.#stopped = true;
    this.#drop();
  }

  async #register(account: Account, signal: AbortSignal): Promise<void> {
    const isUsed = this.#connection !== undefined && !this.#connection.ended;
    try {
      await this.#attempt(account, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
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
    if (!this.#connection || this.#connection.ended) {
      this.#drop();
      this.#connection = await this.#connect(signal);
    }
    this.#form = await register(this.#connection, { username, password, form: this.#form, signal });
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
    this.#form = undefined;
  }
}
