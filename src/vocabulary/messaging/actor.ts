import {
  ConnectionLost,
  type MessagingClient,
  type MessagingEvent,
  NotResumed,
  type SignInOptions,
  SignInRefused,
} from '../../binding/messaging-client.ts';
import type { Account } from '../../target/running-target.ts';
import { type Finding, type Look, StepFailure } from '../expectation.ts';
import { Inbox } from '../inbox.ts';
import type { Actor, Stage } from '../stage.ts';

/** How the attempt to sign in ended, as an arrival that steps wait for. */
export type MessagingArrival = MessagingEvent | { kind: 'signed in' } | { kind: 'refused'; reason: string };

/** One user of a messaging case. */
export class MessagingActor implements Actor {
  readonly name: string;
  readonly account: Account;
  readonly client: MessagingClient;
  readonly inbox = new Inbox<MessagingArrival>();
  readonly #stage: Stage;
  readonly #endpoint: () => { host: string; port: number };
  /** The text of the sentinel that was last sent to this user. */
  sentinel: string | undefined;

  constructor(
    name: string,
    account: Account,
    open: (events: { onEvent(event: MessagingEvent): void; observe: Observe }) => MessagingClient,
    endpoint: () => { host: string; port: number },
    stage: Stage,
  ) {
    this.name = name;
    this.account = account;
    this.#stage = stage;
    this.#endpoint = endpoint;
    stage.addSecret(account.password);
    this.client = open({
      onEvent: (event) => this.#arrive(event),
      observe: ({ direction, bytes }) => stage.transcript.bytes(name, direction, bytes),
    });
  }

  get localPort(): number | undefined {
    return this.client.localPort;
  }

  fact(name: string): string | undefined {
    if (name === 'address') return this.client.address;
    if (name === 'local') return this.account.username;
    return name === 'password' ? this.account.password : undefined;
  }

  #arrive(event: MessagingEvent): void {
    if (event.kind === 'ended') this.#stage.transcript.event(this.name, `connection ended: ${event.reason}`);
    this.inbox.push(event);
    if (this.inbox.flooded) this.client.dispose();
  }

  async #reach(resumable: boolean): Promise<SignInOptions> {
    const link = await this.#stage.link(this.name, this.#endpoint());
    return { host: link.host, port: link.port, signal: this.#stage.signal, resumable };
  }

  /** Signs in and must succeed. */
  async signIn(resumable = false): Promise<void> {
    await this.attempt({ resumable });
    const last = this.inbox.waiting().at(-1);
    if (last?.event.kind === 'signed in') last.taken = true;
    else if (last?.event.kind === 'refused')
      throw new StepFailure(
        this.finding('mismatch', `${this.name} to sign in`, `refused: ${last.event.reason}`),
      );
    else
      throw new StepFailure(
        this.finding('closed', `${this.name} to sign in`, 'the connection ended instead'),
      );
  }

  /** Tries to sign in; how it ended arrives like anything else. */
  async attempt(words: { username?: string; password?: string; resumable?: boolean }): Promise<void> {
    const { username = this.account.username, password = this.account.password, resumable = false } = words;
    this.forgetEnd();
    try {
      await this.client.signIn({ username, password }, await this.#reach(resumable));
      this.inbox.push({ kind: 'signed in' });
    } catch (error) {
      if (error instanceof SignInRefused) this.inbox.push({ kind: 'refused', reason: error.reason });
      else if (error instanceof ConnectionLost) this.inbox.push({ kind: 'ended', reason: error.message });
      else throw error;
    }
  }

  /** Connects again and takes up the old session, which must succeed. */
  async resume(): Promise<void> {
    this.forgetEnd();
    try {
      await this.client.resume(await this.#reach(true));
    } catch (error) {
      if (!(error instanceof NotResumed) && !(error instanceof ConnectionLost)) throw error;
      throw new StepFailure(
        this.finding('mismatch', `${this.name} to take up the old session`, error.message),
      );
    }
  }

  /** The old connection is over: its end concerns no step that follows. */
  forgetEnd(): void {
    for (const arrival of this.inbox.waiting()) if (arrival.event.kind === 'ended') arrival.taken = true;
  }

  forgetArrivals(): void {
    this.inbox.clear();
  }

  brokenBy(expected: string): Look | undefined {
    for (const { event } of this.inbox.waiting())
      if (event.kind === 'ended')
        return {
          state: 'broken',
          finding: this.finding('closed', expected, `the connection ended: ${event.reason}`),
        };
    return undefined;
  }

  finding(kind: Finding['kind'], expected: string, message: string): Finding {
    const { localPort } = this;
    return { kind, expected, message, ...(localPort === undefined ? {} : { localPort }) };
  }

  dispose(): void {
    this.client.dispose();
  }
}

export type Observe = (chunk: { direction: 'sent' | 'received'; bytes: Buffer }) => void;
