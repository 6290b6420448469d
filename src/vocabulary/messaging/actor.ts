import {
  ConnectionLost,
  type Message,
  type MessagingClient,
  type MessagingEvent,
  NoAnswer,
  NotResumed,
  type SignInOptions,
  SignInRefused,
  type TlsWish,
} from '../../binding/messaging-client.ts';
import type { Account, Endpoint } from '../../target/running-target.ts';
import { type Finding, type Look, StepFailure } from '../expectation.ts';
import { Inbox } from '../inbox.ts';
import type { Actor, Stage } from '../stage.ts';

/** A server that sends more than this in messages to one user is cut off, in octets. */
const largestInbox = 256 * 1_048_576;

/** How an attempt to get in ended, as an arrival that steps wait for. */
export type MessagingArrival =
  | MessagingEvent
  | { kind: 'signed in' }
  | { kind: 'refused'; reason: string }
  | { kind: 'unanswered'; reason: string };

export type Observe = (chunk: { direction: 'sent' | 'received'; bytes: Buffer }) => void;

/** What an actor asks for beyond the usual when it signs in. */
export interface Wishes {
  username?: string;
  password?: string;
  tls?: TlsWish;
  before?: { to: string; text: string };
}

/** One user of a messaging case, at one device. */
export class MessagingActor implements Actor {
  readonly name: string;
  readonly account: Account;
  readonly client: MessagingClient;
  readonly inbox = new Inbox<MessagingArrival>();
  /** Of all messages so far; about, where they are text. */
  #octets = 0;
  readonly #resumable: boolean;
  readonly #stage: Stage;
  readonly #endpoint: (tls: TlsWish | undefined) => Endpoint;
  /** The text of the sentinel that was last sent to this user. */
  sentinel: string | undefined;

  constructor(
    { name, account, resumable }: { name: string; account: Account; resumable: boolean },
    open: (events: { onEvent(event: MessagingEvent): void; observe: Observe }) => MessagingClient,
    endpoint: (tls: TlsWish | undefined) => Endpoint,
    stage: Stage,
  ) {
    this.name = name;
    this.account = account;
    this.#resumable = resumable;
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

  #arrive(event: MessagingArrival): void {
    if (event.kind === 'ended') this.#stage.transcript.event(this.name, `connection ended: ${event.reason}`);
    if (event.kind === 'refused') this.#stage.transcript.event(this.name, `refused: ${event.reason}`);
    this.inbox.push(event);
    if (event.kind === 'message') this.#octets += 'text' in event ? event.text.length : event.octets.length;
    if (this.inbox.flooded || this.#octets > largestInbox) this.#cutOff();
  }

  /** The server sends more than any step takes, and does not stop. */
  #cutOff(): void {
    this.client.dispose();
    this.#octets = 0;
    const reason = 'the server sends without end, more than a client can keep';
    this.inbox.push({ kind: 'ended', reason });
  }

  async #reach({ tls, before }: Wishes): Promise<SignInOptions> {
    const link = await this.#stage.link(this.name, this.#endpoint(tls));
    const { signal, patience } = this.#stage;
    const { host, port } = link;
    const wishes = { ...(tls === undefined ? {} : { tls }), ...(before === undefined ? {} : { before }) };
    return { host, port, signal, patienceMs: patience, resumable: this.#resumable, ...wishes };
  }

  /** Signs in and must succeed. */
  async signIn(): Promise<void> {
    this.#forgetAttempts();
    const { username, password } = this.account;
    const expected = `${this.name} to sign in`;
    await this.perform(expected, async () =>
      this.client.signIn({ username, password }, await this.#reach({})),
    );
  }

  /** Tries to sign in; how it ended arrives like anything else. */
  async attempt(wishes: Wishes): Promise<void> {
    const { username = this.account.username, password = this.account.password } = wishes;
    await this.#try(async () => this.client.signIn({ username, password }, await this.#reach(wishes)));
  }

  /** Connects again and takes up the old session, which must succeed. */
  async resume(): Promise<void> {
    this.#forgetAttempts();
    const expected = `${this.name} to take up the old session`;
    await this.perform(expected, async () => this.client.resume(this.account, await this.#reach({})));
  }

  /** Signs in, and tries to take up a session of somebody else. */
  async attemptSessionOf(other: MessagingActor): Promise<void> {
    const { session } = other.client;
    if (session === undefined)
      throw new StepFailure(this.finding('mismatch', `a session of ${other.name}`, 'the server keeps none'));
    await this.#try(async () => this.client.resume(this.account, { ...(await this.#reach({})), session }));
  }

  send(to: MessagingActor, message: Message): Promise<void> {
    return this.perform(`${this.name} to send a message to ${to.name}`, () =>
      this.client.send(to.client.address, message),
    );
  }

  /** Does what must succeed; throws `StepFailure` when the server does not let it. */
  async perform(expected: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const kind = findingKind(error);
      if (kind === undefined) throw error;
      throw new StepFailure(this.finding(kind, expected, (error as Error).message));
    }
  }

  async #try(work: () => Promise<void>): Promise<void> {
    this.#forgetAttempts();
    try {
      await work();
      this.#arrive({ kind: 'signed in' });
    } catch (error) {
      if (error instanceof SignInRefused || error instanceof NotResumed)
        this.#arrive({ kind: 'refused', reason: error.reason });
      else if (error instanceof ConnectionLost) this.#arrive({ kind: 'ended', reason: error.message });
      else if (error instanceof NoAnswer) this.#arrive({ kind: 'unanswered', reason: error.message });
      else throw error;
    }
  }

  /** The old connection is over: how it ended concerns no step that follows. */
  #forgetAttempts(): void {
    const over = ['ended', 'signed in', 'refused', 'unanswered'];
    for (const arrival of this.inbox.waiting()) if (over.includes(arrival.event.kind)) arrival.taken = true;
  }

  async signOut(): Promise<void> {
    await this.client.signOut();
    this.#forgetAttempts();
  }

  forgetArrivals(): void {
    this.inbox.forget(({ kind }) => kind === 'ended');
  }

  brokenBy(expected: string): Look | undefined {
    for (const { event } of this.inbox.waiting()) {
      if (event.kind === 'ended')
        return {
          state: 'broken',
          finding: this.finding('closed', expected, `the connection ended: ${event.reason}`),
        };
      if (event.kind === 'unanswered')
        return { state: 'broken', finding: this.finding('silence', expected, event.reason) };
    }
    return undefined;
  }

  describe(event: MessagingArrival): string {
    return describeArrival(event);
  }

  finding(kind: Finding['kind'], expected: string, message: string): Finding {
    const { localPort } = this;
    return { kind, expected, message, ...(localPort === undefined ? {} : { localPort }) };
  }

  dispose(): void {
    this.client.dispose();
  }
}

/** What an error of a client says of the server; undefined where it says nothing of it. */
function findingKind(error: unknown): Finding['kind'] | undefined {
  if (error instanceof SignInRefused || error instanceof NotResumed) return 'mismatch';
  if (error instanceof ConnectionLost) return 'closed';
  return error instanceof NoAnswer ? 'silence' : undefined;
}

/** An arrival in a few words. */
function describeArrival(event: MessagingArrival): string {
  switch (event.kind) {
    case 'message':
      return `a message from ${event.from}`;
    case 'presence':
      return `${event.from} ${event.as}`;
    case 'undelivered':
      return `the return of a message to ${event.to}`;
    case 'refused':
      return `a refusal (${event.reason})`;
    case 'unanswered':
      return `no answer (${event.reason})`;
    case 'signed in':
      return 'the sign-in';
    case 'ended':
      return 'the end of the connection';
  }
}
