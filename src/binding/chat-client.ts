import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Dialect } from './dialect.schema.ts';
import {
  type Availability,
  type ClientOptions,
  ConnectionLost,
  type Credentials,
  type Message,
  type MessagingClient,
  NotResumed,
  type SignInOptions,
  SignInRefused,
} from './messaging-client.ts';
import { fillShape, type Json, matchShape } from './shape.ts';

/** A server that sends more than this in one message is cut off. */
const largestMessage = 16 * 1_048_576;

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
  secure: boolean;
  ca?: string;
  servername?: string;
}

/** A user of a chat server over WebSocket that speaks JSON as a dialect says. */
export class ChatClient implements MessagingClient {
  readonly address: string;
  readonly #way: ChatWay;
  readonly #options: ClientOptions;
  readonly #values = new Map<string, Json>();
  #socket: WebSocket | undefined;
  #waiting: Waiting[] = [];
  #leaving = false;

  constructor(username: string, way: ChatWay, options: ClientOptions) {
    this.#way = way;
    this.#options = options;
    this.#values.set('username', username);
    this.address = String(fillShape(way.dialect.address ?? '{username}', this.#values));
  }

  get localPort(): number | undefined {
    return (this.#socket as { _socket?: Socket } | undefined)?._socket?.localPort;
  }

  async signIn(credentials: Credentials, options: SignInOptions): Promise<void> {
    await this.#connect(options);
    const { receive, refused, send } = this.#way.dialect['sign in'];
    this.#values.set('username', credentials.username);
    this.#values.set('password', credentials.password);
    this.#values.set('resumable', options.resumable === true);
    const captured = await this.#exchange({ send, receive, refused }, (reason) => new SignInRefused(reason));
    for (const [name, value] of captured) this.#values.set(name, value);
  }

  async resume(options: SignInOptions): Promise<void> {
    const { resume } = this.#way.dialect;
    if (!resume) throw new NotResumed('the dialect says nothing of sessions');
    await this.#connect(options);
    await this.#exchange(resume, (reason) => new NotResumed(reason));
  }

  async send(to: string, message: Message): Promise<void> {
    const values = new Map(this.#values).set('to', to);
    if (message.id !== undefined) values.set('id', message.id);
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
    this.#leaving = true;
    if (bye) await this.#write(fillShape(bye, this.#values));
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.close(1000);
    });
  }

  dispose(): void {
    this.#leaving = true;
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  #connect({ host, port, signal }: SignInOptions): Promise<void> {
    const { dialect, path, secure, ca, servername } = this.#way;
    const url = `${secure ? 'wss' : 'ws'}://${host}:${port}${path}`;
    this.#socket?.terminate();
    this.#leaving = false;
    const socket = new WebSocket(url, dialect.subprotocol === undefined ? [] : [dialect.subprotocol], {
      perMessageDeflate: false,
      maxPayload: largestMessage,
      ...(ca === undefined ? {} : { ca }),
      ...(servername === undefined ? {} : { servername }),
    });
    this.#socket = socket;
    const onAbort = () => socket.terminate();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', onAbort));
    socket.on('message', (data, binary) => this.#receive(data as Buffer, binary));
    socket.on('close', (code, reason) => this.#ended(socket, code, reason.toString()));
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve());
      // After the opening an error is followed by `close`, which says the same to whoever waits.
      socket.on('error', (error) => reject(new ConnectionLost(error.message)));
    });
  }

  #exchange(
    words: { send: unknown; receive: unknown; refused?: unknown },
    refusal: (reason: string) => Error,
  ): Promise<Map<string, Json>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        receive: words.receive,
        refused: words.refused,
        resolve,
        reject: (error) => reject(error instanceof ConnectionLost ? error : refusal(error.message)),
      });
      this.#write(fillShape(words.send, this.#values)).catch(reject);
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
    if (!this.#leaving && waiting.length === 0) this.#options.onEvent({ kind: 'ended', reason: text });
  }
}

function availability(word: string): Availability | undefined {
  return word === 'available' || word === 'away' || word === 'busy' || word === 'gone' ? word : undefined;
}
