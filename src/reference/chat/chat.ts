import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FaultSwitch } from '../fault.ts';
import { Port } from '../port.ts';
import { securedForHttp } from '../secured-for-http.ts';
import type { Ground, Service } from '../service.ts';
import type { Accounts, LocalAccount } from '../xmpp/accounts.ts';
import { ChatSession, type ChatState, kept } from './chat-session.ts';
import { unfinishedText } from './unfinished.ts';

/** A message above this ends its connection with close code 1009, in octets. */
export const largestChatMessage = 1_048_576;

type Request = Record<string, unknown>;

/** One connection, before and after its user has signed in. */
interface Caller {
  readonly socket: WebSocket;
  readonly secure: boolean;
}

/**
 * The embedded server's chat endpoint: JSON over WebSocket, as containers/embedded/dialect.yaml says. Accounts are
 * those of the XMPP server. Users are signed in over TLS only; the endpoint without TLS tells them so.
 */
export class ChatService implements Service {
  readonly ports: readonly Port[];
  readonly endpoints: Service['endpoints'];
  readonly #ground: { accounts: Accounts; faults: FaultSwitch; note(): void };
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Map<string, ChatSession>();
  readonly #friends = new Map<string, Set<string>>();
  readonly #offline = new Map<string, Record<string, unknown>[]>();
  readonly #lostOnce = new Set<string>();
  #messages = 0;
  #held: (() => void) | undefined;

  private constructor(ground: Ground, accounts: Accounts, ports: readonly [Port, Port], web: Server) {
    const [plain, tls] = ports;
    this.#ground = { accounts, faults: ground.faults, note: () => ground.activity.note() };
    this.ports = ports;
    this.endpoints = {
      chat: { host: plain.host, port: plain.number, path: '/chat' },
      'chat-tls': { host: tls.host, port: tls.number, path: '/chat' },
    };
    const webSockets = new WebSocketServer({
      server: web,
      maxPayload: largestChatMessage,
      handleProtocols: (offered) => (offered.has('chat.touchstone') ? 'chat.touchstone' : false),
    });
    webSockets.on('connection', (socket, { socket: stream }) => this.#connected(socket, stream));
    web.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(ground: Ground, accounts: Accounts): Promise<ChatService> {
    const web = createServer((_request, response) => response.writeHead(426).end());
    const ports = await Promise.all([
      Port.open(ground.activity, (socket) => web.emit('connection', socket)),
      Port.open(ground.activity, (socket) => web.emit('connection', securedForHttp(socket, ground.identity))),
    ]);
    return new ChatService(ground, accounts, ports, web);
  }

  pause(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  disconnect(): void {
    for (const session of this.#sessions.values()) session.socket?.close(1001);
  }

  forget(): void {
    this.#sessions.clear();
  }

  #connected(socket: WebSocket, stream: Socket): void {
    const caller = { socket, secure: stream instanceof TLSSocket };
    let session: ChatSession | undefined;
    let unfinished: Buffer[] = [];
    // Before the codec reads them, so that the end of a message clears what belonged to it.
    stream.prependListener('data', (octets: Buffer) => {
      if (this.#ground.faults.active('chat-delivers-cut-payloads')) unfinished.push(octets);
    });
    socket.on('message', (data) => {
      unfinished = [];
      const request = readRequest(data.toString());
      if (!request) return socket.close(1007, 'this is no JSON object');
      session = this.#answer(caller, session, request);
    });
    // `ws` answers protocol errors by closing; `close` follows.
    socket.on('error', (error) => {
      const tooLarge = 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      if (tooLarge && this.#ground.faults.active('chat-falls-over-large-payloads')) this.disconnect();
    });
    socket.on('close', (code) => {
      this.#ground.note();
      const { faults } = this.#ground;
      if (code === 1006 && session && faults.active('chat-delivers-cut-payloads'))
        this.#route(session.account.username, unfinishedText(Buffer.concat(unfinished)), () => undefined);
      if (session?.socket === socket) this.#lost(session);
    });
  }

  #answer(caller: Caller, session: ChatSession | undefined, request: Request): ChatSession | undefined {
    const { faults } = this.#ground;
    if (request.op === 'sign-in') return this.#signIn(caller, request) ?? session;
    if (request.op === 'resume') return this.#resume(caller, request) ?? session;
    if (!session) {
      if (request.op === 'message' && faults.active('chat-lets-strangers-speak'))
        this.#route('nobody', request, () => undefined);
      else refuse(caller.socket, 'sign in first');
      return undefined;
    }
    if (request.op === 'message')
      this.#route(session.account.username, request, (value) => session.send(value));
    else if (request.op === 'appear') this.#appear(session, request);
    else if (request.op === 'befriend') this.#befriend(session, request);
    else if (request.op === 'sign-out') {
      this.#leave(session);
      return undefined;
    } else session.send({ op: 'refused', reason: 'there is no such operation' });
    return session;
  }

  /** The account that may come in, or the reason why nobody may. */
  #admit({ secure }: Caller, request: Request): LocalAccount | string {
    const { accounts, faults } = this.#ground;
    if (!secure && !faults.active('chat-signs-in-without-tls')) return 'TLS is required';
    if (secure && faults.active('chat-signs-nobody-in-over-tls')) return 'TLS is not supported';
    const name = String(request.user);
    let account = accounts.find(name);
    if (!account && faults.active('chat-signs-in-unknown-users')) account = accounts.createAnonymous();
    if (!account && faults.active('chat-tells-unknown-names-apart')) return 'there is no such user';
    const accepted =
      account !== undefined &&
      (account.credentials.isPassword(String(request.password)) ||
        account.anonymous ||
        faults.active('chat-accepts-any-password'));
    const barred = this.#lostOnce.has(name) && faults.active('chat-refuses-to-come-back');
    if (!account || !accepted || barred || faults.active('chat-refuses-right-password'))
      return 'wrong name or password';
    return account;
  }

  #signIn(caller: Caller, request: Request): ChatSession | undefined {
    const { faults } = this.#ground;
    const { socket } = caller;
    const account = this.#admit(caller, request);
    if (typeof account === 'string') {
      refuse(socket, account);
      return undefined;
    }
    if (faults.active('chat-ends-older-session'))
      for (const older of this.#sessionsOf(account.username)) older.socket?.close(4000, 'replaced');
    const session = new ChatSession(randomUUID(), account, request.resumable === true, socket);
    const missed = this.#endLostSessions(account);
    this.#sessions.set(session.id, session);
    session.send({ op: 'signed-in', session: session.id });
    this.#announce(session, 'available', 'chat-hides-sign-in');
    this.#tellWhoIsThere(session);
    for (const content of [...missed, ...(this.#offline.get(account.username) ?? [])])
      session.deliver(content);
    this.#offline.delete(account.username);
    return session;
  }

  /** A new sign-in gives up sessions that wait to be resumed; what came for them is kept for the new one. */
  #endLostSessions(account: LocalAccount): Record<string, unknown>[] {
    if (this.#ground.faults.active('chat-sends-to-the-dead-connection')) return [];
    const lost = this.#sessionsOf(account.username).filter((old) => !old.socket);
    for (const old of lost) this.#sessions.delete(old.id);
    return lost.flatMap((old) => old.missed);
  }

  #resume(caller: Caller, request: Request): ChatSession | undefined {
    const { faults } = this.#ground;
    const { socket } = caller;
    const account = this.#admit(caller, request);
    const session = this.#sessions.get(String(request.session));
    const owned = session?.account === account || faults.active('chat-resumes-for-anybody');
    if (
      typeof account === 'string' ||
      !session?.resumable ||
      !owned ||
      faults.active('chat-refuses-to-come-back')
    ) {
      refuse(socket, typeof account === 'string' ? account : 'there is no such session');
      return undefined;
    }
    session.socket?.terminate();
    session.socket = socket;
    session.send({ op: 'resumed' });
    const seq = Number(request.seq ?? 0);
    if (faults.active('chat-replays-everything')) session.replayAfter(0);
    else if (!faults.active('chat-resumes-without-what-was-missed')) session.replayAfter(seq);
    return session;
  }

  #route(from: string, request: Request, answer: (value: Request) => void): void {
    const { accounts, faults } = this.#ground;
    const to = accounts.find(String(request.to));
    if (!to) {
      if (!faults.active('chat-swallows-undeliverable'))
        answer({
          op: 'undelivered',
          to: request.to,
          id: request.id ?? null,
          reason: 'there is no such user',
        });
      return;
    }
    const content = this.#contentOf(from, request);
    const empty = content.text === '' || content.base64 === '';
    if (empty && faults.active('chat-drops-empty-messages')) return;
    this.#messages++;
    if (isSentinel(content)) return this.#deliver(to, content);
    if (faults.active('chat-loses-every-tenth-message') && this.#messages % 10 === 0) return;
    if (faults.active('chat-swaps-messages')) return this.#swap(() => this.#deliver(to, content));
    this.#deliver(to, content);
    if (faults.active('chat-doubles-messages')) this.#deliver(to, content);
  }

  /** Holds every first message back until the second has gone. */
  #swap(deliver: () => void): void {
    const held = this.#held;
    this.#held = held ? undefined : deliver;
    if (!held) return;
    deliver();
    held();
  }

  #contentOf(from: string, request: Request): Record<string, unknown> {
    const { faults } = this.#ground;
    const claimed = faults.active('chat-believes-the-sender') ? request.from : undefined;
    const sender = faults.active('chat-forges-sender') ? 'somebody-else' : (claimed ?? from);
    const id = request.id === undefined ? {} : { id: request.id };
    if (typeof request.base64 === 'string') {
      let octets = Buffer.from(request.base64, 'base64');
      if (faults.active('chat-loses-high-bits')) octets = Buffer.from(octets.map((octet) => octet & 0x7f));
      if (faults.active('chat-cuts-payloads')) octets = octets.subarray(0, octets.length >> 1);
      return { from: sender, ...id, base64: octets.toString('base64') };
    }
    let text = String(request.text ?? '');
    if (isSentinel({ text })) return { from, ...id, text };
    if (faults.active('chat-strips-characters')) text = text.replace(/[^\x20-\x7e]|[<>]/g, '');
    if (faults.active('chat-cuts-payloads')) text = text.slice(0, text.length >> 1);
    return { from: sender, ...id, text };
  }

  #deliver(to: LocalAccount, content: Record<string, unknown>): void {
    const { faults } = this.#ground;
    const sessions = this.#sessionsOf(to.username);
    if (sessions.length > 0) {
      for (const session of sessions) session.deliver(content);
    } else if (!faults.active('chat-drops-offline-messages') || isSentinel(content)) {
      const waiting = [...(this.#offline.get(to.username) ?? []), content];
      if (faults.active('chat-hands-over-backwards')) waiting.reverse();
      this.#offline.set(to.username, waiting.slice(-kept));
    }
  }

  #appear(session: ChatSession, request: Request): void {
    const { as } = request;
    if (as !== 'available' && as !== 'away' && as !== 'busy')
      return session.send({ op: 'refused', reason: 'there is no such state' });
    session.state = as;
    this.#announce(session, as, 'chat-hides-states');
  }

  #befriend(session: ChatSession, request: Request): void {
    const other = this.#ground.accounts.find(String(request.user));
    if (!other) return session.send({ op: 'refused', reason: 'there is no such user' });
    const own = session.account.username;
    this.#friendsOf(own).add(other.username);
    this.#friendsOf(other.username).add(own);
    session.send({ op: 'friends', user: other.username });
    this.#announce(session, session.state);
    this.#tellWhoIsThere(session);
  }

  #announce(session: ChatSession, as: ChatState | 'gone', hiddenBy?: string): void {
    const { faults } = this.#ground;
    if (hiddenBy !== undefined && faults.active(hiddenBy)) return;
    const from = session.account.username;
    const shown = faults.active('chat-mixes-up-states') ? mixedUp(as) : as;
    const everybody = faults.active('chat-shows-presence-to-strangers');
    for (const other of this.#sessions.values())
      if (other !== session && (everybody || this.#friendsOf(from).has(other.account.username)))
        other.send({ op: 'presence', from, as: shown });
  }

  #tellWhoIsThere(session: ChatSession): void {
    if (this.#ground.faults.active('chat-tells-nothing-on-sign-in')) return;
    for (const friend of this.#friendsOf(session.account.username))
      for (const other of this.#sessionsOf(friend))
        session.send({ op: 'presence', from: friend, as: other.state });
  }

  #leave(session: ChatSession): void {
    this.#sessions.delete(session.id);
    this.#announce(session, 'gone', 'chat-hides-sign-out');
    session.socket?.close(1000);
  }

  #lost(session: ChatSession): void {
    this.#lostOnce.add(session.account.username);
    session.socket = undefined;
    if (session.resumable) return;
    const { faults } = this.#ground;
    if (!faults.active('chat-sends-to-the-dead-connection')) this.#sessions.delete(session.id);
    this.#announce(session, 'gone', 'chat-hides-sign-out');
  }

  /** Sessions of the account; with a fault on, one whose connection is dead hides the others. */
  #sessionsOf(username: string): ChatSession[] {
    const own = [...this.#sessions.values()].filter((session) => session.account.username === username);
    if (!this.#ground.faults.active('chat-sends-to-the-dead-connection')) return own;
    const dead = own.filter((session) => !session.socket);
    return dead.length > 0 ? dead : own;
  }

  #friendsOf(username: string): Set<string> {
    const friends = this.#friends.get(username) ?? new Set();
    this.#friends.set(username, friends);
    return friends;
  }
}

function mixedUp(as: ChatState | 'gone'): ChatState | 'gone' {
  return as === 'away' ? 'busy' : as === 'busy' ? 'away' : as;
}

/** Sentinels go their way whatever fault is on: without them a case could prove nothing. */
function isSentinel(content: Record<string, unknown>): boolean {
  return typeof content.text === 'string' && content.text.startsWith('sentinel-');
}

function readRequest(text: string): Request | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Request)
      : undefined;
  } catch {
    return undefined;
  }
}

function refuse(socket: WebSocket, reason: string): void {
  socket.send(JSON.stringify({ op: 'refused', reason }));
}
