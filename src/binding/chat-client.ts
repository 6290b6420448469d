import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import type { Dialect } from './dialect.schema.ts';
import {
  type Availability,
  type ClientOptions,
  ConnectionLost,
  type Credentials,
  type KeptSession,
  type Message,
  type MessagingClient,
  NoAnswer,
  NotResumed,
  type SignInOptions,
  SignInRefused,
  type TlsFacts,
} from './messaging-client.ts';
import { fillShape, type Json, matchShape, nestsAtMost } from './shape.ts';
import { tlsFacts, tlsOptions } from './tls.ts';

/** A server that sends more than this in one message is cut off, in octets. */
const largestMessage = 32 * 1_048_576;
/** What nests deeper than this is nothing that a chat says; to write it as text would take a stack of its depth. */
const deepest = 64;
/** While so much waits to be sent to a server that does not read, its pings go unanswered, in octets. */
const mostUnread = 1_048_576;
/** How long a server may take to answer the closing handshake of WebSocket, in milliseconds. */
const closingPatienceMs = 2_000;

interface Waiting {
  receive: unknown;
  refused?: unknown;
  resolve(captured: Map<string, Json>): void;
  reject(error: Error): void;
}

export interface ChatWay {
  dialect: Dialect;
  /** Path of the endpoint's URL. */
  path: string;
  /** TLS from the first octet. */
  secure: boolean;
  ca?: string;
  servername?: string;
}

/** A user of a chat server over WebSocket that speaks JSON as a dialect says. */
export class ChatClient implements MessagingClient {
  readonly address: string;
  readonly nowhere: string;
  readonly #way: ChatWay;
  readonly #options: ClientOptions;
  readonly #values = new Map<string, Json>();
  #socket: WebSocket | undefined;
  #waiting: Waiting[] = [];
  #patienceMs = 0;
  /** Signed in, and not about to leave: then the end of the connection is news. */
  #established = false;

  constructor(username: string, way: ChatWay, options: ClientOptions) {
    this.#way = way;
    this.#options = options;
    this.#values.set('username', username);
    const address = (name: string) =>
      String(fillShape(way.dialect.address ?? '{username}', new Map([['username', name]])));
    this.address = address(username);
    this.nowhere = address('nobody-of-that-name');
  }

  get localPort(): number | undefined {
    return this.#stream?.localPort;
  }

  get tls(): TlsFacts | undefined {
    return tlsFacts(this.#stream);
  }

  get session(): KeptSession | undefined {
    const id = this.#values.get('session');
    return id === undefined ? undefined : { id: String(id), received: Number(this.#values.get('seq') ?? 0) };
  }

  /** What the WebSocket runs over; `ws` has no other way to tell. */
  get #stream(): Socket | TLSSocket | undefined {
    return (this.#socket as { _socket?: Socket } | undefined)?._socket;
  }

  async signIn(credentials: Credentials, options: SignInOptions): Promise<void> {
    const { receive, refused, send } = this.#way.dialect['sign in'];
    this.#values.set('resumable', options.resumable === true);
    // A new session counts from the beginning.
    this.#values.delete('seq');
    await this.#enter(credentials, options, async () => {
      const { before } = options;
      if (before) await this.send(before.to, { text: before.text });
      const captured = await this.#exchange(
        { send, receive, refused },
        (reason) => new SignInRefused(reason),
      );
      for (const [name, value] of captured) this.#values.set(name, value);
    });
  }

  async resume(credentials: Credentials, options: SignInOptions & { session?: KeptSession }): Promise<void> {
    const { resume } = this.#way.dialect;
    if (!resume) throw new NotResumed('the dialect says nothing of sessions');
    const { session } = options;
    if (session !== undefined) this.#values.set('session', session.id).set('seq', session.received);
    await this.#enter(credentials, options, async () => {
      await this.#exchange(resume, (reason) => new NotResumed(reason));
    });
  }

  /** Connects and says what lets the user in; a connection on which that fails is over. */
  async #enter(
    { username, password }: Credentials,
    options: SignInOptions,
    say: () => Promise<void>,
  ): Promise<void> {
    options.signal.throwIfAborted();
    this.#values.set('username', username).set('password', password);
    this.#patienceMs = options.patienceMs;
    try {
      await this.#connect(options);
      await say();
      this.#established = true;
    } catch (error) {
      this.dispose();
      options.signal.throwIfAborted();
      throw error;
    }
  }

  async send(to: string, message: Message): Promise<void> {
    const values = new Map(this.#values).set('to', to);
    if (message.id !== undefined) values.set('id', message.id);
    if (message.claim !== undefined) values.set('claim', message.claim);
    const { text, octets } = this.#way.dialect.send;
    if ('text' in message) return this.#write(fillShape(text, values.set('text', message.text)));
    if (!octets) throw new Error('the dialect says nothing of binary messages');
    return this.#write(fillShape(octets, values.set('base64', message.octets.toString('base64'))));
  }

  async appear(as: Availability): Promise<void> {
    const { appear } = this.#way.dialect;
    if (!appear) throw new Error('the dialect says nothing of presence');
    await this.#write(fillShape(appear, new Map(this.#values).set('as', as)));
  }

  async befriend(other: MessagingClient): Promise<void> {
    const { befriend } = this.#way.dialect;
    if (!befriend) throw new Error('the dialect says nothing of friends');
    this.#values.set('other', other.address);
    await this.#exchange(befriend, (reason) => new ConnectionLost(reason));
  }

  async signOut(): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    const bye = this.#way.dialect['sign out'];
    this.#established = false;
    if (bye) await this.#write(fillShape(bye, this.#values)).catch(() => undefined);
    if (socket.readyState !== WebSocket.CLOSED)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => socket.terminate(), Math.min(this.#patienceMs, closingPatienceMs));
        socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        socket.close(1000);
      });
    this.dispose();
  }

  dispose(): void {
    this.#established = false;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
    for (const one of this.#waiting.splice(0)) one.reject(new ConnectionLost('it was given up'));
  }

  #connect({ host, port, signal, tls, patienceMs }: SignInOptions): Promise<void> {
    const { dialect, path, ca, servername } = this.#way;
    const secure = tls === undefined ? this.#way.secure : tls !== 'none';
    const url = `${secure ? 'wss' : 'ws'}://${host}:${port}${path}`;
    this.dispose();
    const socket = new WebSocket(url, dialect.subprotocol === undefined ? [] : [dialect.subprotocol], {
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: largestMessage,
      handshakeTimeout: patienceMs,
      ...tlsOptions(tls),
      ...(ca === undefined ? {} : { ca }),
      ...(servername === undefined ? {} : { servername }),
    });
    this.#socket = socket;
    const onAbort = () => socket.terminate();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', onAbort));
    socket.on('ping', (payload) => {
      if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount <= mostUnread) socket.pong(payload);
    });
    socket.on('message', (data, binary) => this.#receive(data as Buffer, binary));
    socket.on('close', (code, reason) => this.#ended(socket, code, reason.toString()));
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve());
      // After the opening an error is followed by `close`, which says the same to whoever waits.
      socket.on('error', (error) => {
        const late = error.message === 'Opening handshake has timed out';
        reject(late ? new NoAnswer('the opening handshake') : new ConnectionLost(error.message));
      });
    });
  }

  #exchange(
    words: { send: unknown; receive: unknown; refused?: unknown },
    refusal: (reason: string) => Error,
  ): Promise<Map<string, Json>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        reject(new NoAnswer(JSON.stringify(words.receive)));
      }, this.#patienceMs);
      const waiting: Waiting = {
        receive: words.receive,
        refused: words.refused,
        resolve: (captured) => {
          clearTimeout(timer);
          resolve(captured);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error instanceof ConnectionLost ? error : refusal(error.message));
        },
      };
      this.#waiting.push(waiting);
      this.#write(fillShape(words.send, this.#values)).catch(waiting.reject);
    });
  }

  #write(value: Json): Promise<void> {
    const text = JSON.stringify(value);
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(new ConnectionLost('it is not open'));
    this.#options.observe({ direction: 'sent', bytes: Buffer.from(text) });
    return new Promise((resolve, reject) =>
      socket.send(text, (error) => (error ? reject(new ConnectionLost(error.message)) : resolve())),
    );
  }

  #receive(data: Buffer, binary: boolean): void {
    this.#options.observe({ direction: 'received', bytes: data });
    if (binary) return;
    let value: unknown;
    try {
      value = JSON.parse(data.toString());
    } catch {
      return;
    }
    if (!nestsAtMost(value, deepest)) return;
    if (!this.#answer(value)) this.#announce(value);
  }

  #answer(value: unknown): boolean {
    for (const waiting of this.#waiting) {
      const captured = matchShape(waiting.receive, value, this.#values);
      const refused =
        waiting.refused === undefined ? undefined : matchShape(waiting.refused, value, this.#values);
      if (!captured && !refused) continue;
      this.#waiting = this.#waiting.filter((one) => one !== waiting);
      if (captured) waiting.resolve(captured);
      else waiting.reject(new Error(String(refused?.get('reason') ?? 'no reason given')));
      return true;
    }
    return false;
  }

  #announce(value: unknown): void {
    const { text, octets, undelivered, presence } = this.#way.dialect.receive;
    const read = (shape: unknown) =>
      shape === undefined ? undefined : matchShape(shape, value, this.#values);
    const word = (captured: Map<string, Json>, name: string) => String(captured.get(name) ?? '');
    const message = read(text) ?? read(octets);
    if (message) {
      const seq = message.get('seq');
      if (seq !== undefined) this.#values.set('seq', seq);
      const id = message.has('id') ? { id: word(message, 'id') } : {};
      const content = message.has('base64')
        ? { octets: Buffer.from(word(message, 'base64'), 'base64') }
        : { text: word(message, 'text') };
      this.#options.onEvent({ kind: 'message', from: word(message, 'from'), ...id, ...content });
      return;
    }
    const returned = read(undelivered);
    if (returned) {
      const id = returned.has('id') ? { id: word(returned, 'id') } : {};
      this.#options.onEvent({
        kind: 'undelivered',
        to: word(returned, 'to'),
        reason: word(returned, 'reason'),
        ...id,
      });
      return;
    }
    const seen = read(presence);
    const as = seen && availability(word(seen, 'as'));
    if (seen && as) this.#options.onEvent({ kind: 'presence', from: word(seen, 'from'), as });
  }

  #ended(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    const refuses = this.#way.dialect['refused by close']?.includes(code) ?? false;
    const text = `close code ${code}${reason ? `: ${reason}` : ''}`;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) one.reject(refuses ? new Error(text) : new ConnectionLost(text));
    if (this.#established) this.#options.onEvent({ kind: 'ended', reason: text });
    this.#established = false;
  }
}

function availability(word: string): Availability | undefined {
  return word === 'available' || word === 'away' || word === 'busy' || word === 'gone' ? word : undefined;
}
