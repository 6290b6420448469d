import { randomBytes } from 'node:crypto';
import type { Endpoint } from '../../target/running-target.ts';
import { describeTls } from '../../tls/tls.ts';
import {
  type WebSocketOptions as ConnectionOptions,
  WebSocketConnection,
  type WebSocketEvent,
} from '../../websocket/connection.ts';
import type { TlsFacts } from '../../websocket/dial.ts';
import { isControl, opcode } from '../../websocket/frame.ts';
import { acceptFor } from '../../websocket/handshake.ts';
import type { Http2Wire } from '../../websocket/http2/dial-http2.ts';
import type { Settings } from '../../websocket/http2/http2-frame.ts';
import { type Finding, type Look, StepFailure } from '../expectation.ts';
import { type Arrival, Inbox } from '../inbox.ts';
import type { Actor, Stage } from '../stage.ts';
import { connectInTime } from '../time-limit.ts';
import { describeFrame } from './frame-text.ts';
import { openOverHttp2 } from './http2-way.ts';
import { showPayload } from './payload-difference.ts';
import { describeEnd, endedEarly, type TlsText, tlsOptionsOf } from './tls-way.ts';

/** What arrives for an actor; a flood is what no step takes and does not end. */
export type WebSocketArrival = WebSocketEvent | { kind: 'flood' };

/** How an actor reaches the server. The last one talks plain TCP to a port that expects TLS. */
export const transports = ['tcp', 'tls', 'http2', 'tcp to the tls port'] as const;

/** What an actor speaks to; each has a twin over TLS. */
export const endpoints = ['websocket', 'xmpp-websocket'] as const;

/** What `given` says of a client, names already filled in. */
export interface WebSocketOptions {
  endpoint: (typeof endpoints)[number];
  transport: (typeof transports)[number];
  tls?: TlsText;
  /** Of HTTP/2: what the client tells in its SETTINGS, and the actor over whose connection it goes. */
  settings?: Settings;
  shares?: string;
  path?: string;
  headers: Record<string, string>;
  subprotocols: string[];
  extensions?: string;
}

/** A frame or a message of a server may have so many octets; more is a violation of the limits. */
const largestMessage = 64 * 1_048_576;
/** A server that sends more than this while no step takes it is cut off, in octets. */
const largestInbox = 128 * 1_048_576;
/** What a header field costs beside its octets, about, in octets. */
const fieldCost = 200;

/** One WebSocket client of a case: at most one connection at a time. */
export class WebSocketActor implements Actor {
  readonly name: string;
  readonly options: WebSocketOptions;
  readonly inbox = new Inbox<WebSocketArrival>(octetsOf, largestInbox);
  readonly #stage: Stage;
  readonly #sentinelPrefix = `sentinel-${randomBytes(6).toString('hex')}`;
  #connection: WebSocketConnection | undefined;
  /** What is known of TLS since its handshake; undefined where there is none. */
  tls: TlsFacts | undefined;
  /** The HTTP/2 connection, where one is used; it may be that of another actor. */
  http2: Http2Wire | undefined;
  /** The latest session that the server handed out, to be resumed. */
  #session: Buffer | undefined;
  /** True once something went out on this connection: a handshake can no longer begin on it. */
  requested = false;
  /** True from the answer 101 on, until one side ends the connection. */
  #open = false;
  /** The Sec-WebSocket-Key of the latest request, or of the next one. */
  key = newKey();
  #latestSentinel: string;
  #sentinels = 0;
  /** Payloads of pongs that the client sent: one that comes back is an answer to a pong. */
  readonly #pongsSent: Buffer[] = [];
  /** How many close frames came on this connection. */
  closeFrames = 0;
  /** How long TCP went on after the server's first close frame, in milliseconds; 0 where none came. */
  lingeredMs = 0;
  #closeCameAt: number | undefined;
  /** The number of the message that a frame or message is, counted on this connection. */
  readonly #messageOf = new WeakMap<WebSocketArrival, number>();
  #framedMessages = 0;
  #messages = 0;
  /** Numbers of messages that a step took by their last frame. */
  #used = new Set<number>();
  /** Counts connections: what a dropped one still has to say concerns no step. */
  #generation = 0;

  constructor(name: string, options: WebSocketOptions, stage: Stage) {
    this.name = name;
    this.options = options;
    this.#stage = stage;
    this.#latestSentinel = this.#sentinelPrefix;
  }

  get localPort(): number | undefined {
    return this.#connection?.localPort;
  }

  /** The connection; a step that needs one while there is none fails the case. */
  get connection(): WebSocketConnection {
    if (this.#connection) return this.#connection;
    throw new StepFailure(
      this.finding('closed', `${this.name} to be connected`, `${this.name} is not connected`),
    );
  }

  get busy(): boolean {
    return this.#connection?.busy ?? false;
  }

  get unfinished(): string | undefined {
    return this.#connection?.unfinished;
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** The endpoint as the server's authority names it, for the Host header field. */
  get authority(): string {
    const { host, port, tls } = this.#endpoint();
    const shown = host.includes(':') ? `[${host}]` : host;
    return port === (tls === 'direct' ? 443 : 80) ? shown : `${shown}:${port}`;
  }

  get path(): string {
    return this.options.path ?? this.#endpoint().path ?? '/';
  }

  fact(name: string): string | undefined {
    switch (name) {
      case 'authority':
        return this.authority;
      case 'path':
        return this.path;
      case 'key':
        return this.key;
      case 'accept':
        return acceptFor(this.key);
      case 'sentinel':
        return this.#sentinelPrefix;
      default:
        return undefined;
    }
  }

  /** Opens the connection (TCP, and TLS where the actor uses it), which must succeed, and writes nothing on it. */
  async connect(tls?: TlsText): Promise<void> {
    const options = await this.#nextConnection(tls);
    this.#connection = await connectInTime(this, this.#stage, (opening) =>
      this.#reach({ ...options, opening }),
    );
  }

  /** The same, where TCP or TLS may fail: that counts as the end of the connection. */
  async tryToConnect(tls?: TlsText): Promise<void> {
    const options = await this.#nextConnection(tls);
    this.#connection = await connectInTime(this, this.#stage, async (opening) => {
      try {
        return await this.#reach({ ...options, opening });
      } catch (error) {
        if (opening.aborted) throw error;
        this.#arrive(endedEarly(error));
        return undefined;
      }
    });
  }

  async #reach(options: ConnectionOptions): Promise<WebSocketConnection> {
    const { transport, settings, shares } = this.options;
    if (transport !== 'http2') return WebSocketConnection.open(options);
    const shared = shares === undefined ? undefined : this.#wireOf(shares);
    const { wire, connection } = await openOverHttp2(options, { settings, shared });
    this.http2 = wire;
    return connection;
  }

  #wireOf(name: string): Http2Wire {
    const owner = this.#stage.actors.get(name);
    if (owner instanceof WebSocketActor && owner.http2) return owner.http2;
    throw new StepFailure(this.finding('closed', `${name} to be connected by HTTP/2`, `${name} is not`));
  }

  /** Ends what this actor has opened. */
  #drop(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
    if (this.options.shares === undefined) this.http2?.session.destroy();
    this.http2 = undefined;
  }

  /** Forgets what was, and says how to reach the server. */
  async #nextConnection(tls: TlsText | undefined): Promise<ConnectionOptions> {
    this.#drop();
    this.inbox.forget();
    this.requested = false;
    this.#open = false;
    this.tls = undefined;
    this.key = newKey();
    this.closeFrames = 0;
    this.lingeredMs = 0;
    this.#closeCameAt = undefined;
    this.#framedMessages = 0;
    this.#messages = 0;
    this.#used = new Set();
    const generation = ++this.#generation;
    const link = await this.#stage.link(this.name, this.#endpoint());
    const secure = this.options.transport === 'tls' || this.options.transport === 'http2';
    const text = { ...this.options.tls, ...tls };
    return {
      host: link.host,
      port: link.port,
      ...(secure ? { tls: tlsOptionsOf(text, this.#stage, this.#session) } : {}),
      signal: this.#stage.signal,
      maxFrame: largestMessage,
      maxMessage: largestMessage,
      autoPong: true,
      autoClose: true,
      onTls: (facts) => {
        this.tls = facts;
        this.#stage.transcript.event(this.name, describeTls(facts));
      },
      onSession: (session) => {
        this.#session = session;
      },
      onEvent: (event) => {
        if (generation === this.#generation) this.#arrive(event);
      },
      observe: ({ direction, bytes }) => this.#stage.transcript.bytes(this.name, direction, bytes),
    };
  }

  #endpoint(): Endpoint {
    const { target } = this.#stage;
    const { endpoint, transport } = this.options;
    const kind = transport === 'tcp' ? endpoint : (`${endpoint}-tls` as const);
    const found = target.endpoints[kind];
    if (found) return found;
    const message = `${target.name} declares no endpoint of the kind ${kind}`;
    throw new StepFailure(this.finding('unsupported', `an endpoint of the kind ${kind}`, message));
  }

  #arrive(event: WebSocketArrival): void {
    if (event.kind === 'ended' || event.kind === 'violation')
      this.#stage.transcript.event(this.name, describeArrival(event));
    if (event.kind === 'response') this.#noteResponse(event.response);
    if (event.kind === 'ended') this.#noteEnd();
    if (event.kind === 'frame' && event.frame.opcode === opcode.close) this.#noteClose();
    if (!this.#belongsToUsed(event)) this.inbox.push(event);
    if (this.inbox.flooded) this.#cutOff();
  }

  #noteClose(): void {
    this.closeFrames++;
    this.#closeCameAt ??= performance.now();
  }

  #noteEnd(): void {
    this.#open = false;
    if (this.#closeCameAt !== undefined) this.lingeredMs = performance.now() - this.#closeCameAt;
  }

  #noteResponse({
    status,
    version,
    headers,
  }: Extract<WebSocketArrival, { kind: 'response' }>['response']): void {
    const overHttp2 = this.options.transport === 'http2';
    this.#open = overHttp2 ? status >= 200 && status < 300 : status === 101;
    if (!overHttp2) return;
    const lines = [`HTTP/${version} ${status}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
    this.#stage.transcript.event(this.name, lines.join('\n').slice(0, 2_000));
  }

  /** Numbers data frames and messages; true for a message whose last frame a step has taken already. */
  #belongsToUsed(event: WebSocketArrival): boolean {
    if (event.kind === 'frame' && !isControl(event.frame.opcode)) {
      this.#messageOf.set(event, this.#framedMessages);
      if (event.frame.fin) this.#framedMessages++;
    }
    if (event.kind !== 'message') return false;
    this.#messageOf.set(event, this.#messages);
    return this.#used.has(this.#messages++);
  }

  #cutOff(): void {
    this.#generation++;
    this.#drop();
    this.#stage.transcript.event(this.name, describeArrival({ kind: 'flood' }));
    this.inbox.push({ kind: 'flood' });
  }

  /**
   * Marks an arrival as used. A message and the frames that it came in are one thing: taking the message takes
   * its frames, and taking its last frame takes the message, which may be still to come.
   */
  take(arrival: Arrival<WebSocketArrival>): void {
    arrival.taken = true;
    const { event } = arrival;
    const number = this.#messageOf.get(event);
    if (number === undefined) return;
    if (event.kind === 'frame' && !event.frame.fin) return;
    this.#used.add(number);
    for (const one of this.inbox.waiting()) if (this.#messageOf.get(one.event) === number) one.taken = true;
  }

  /** The payload of a new sentinel: a ping whose pong proves that all before it was processed. */
  newSentinel(): Buffer {
    this.#latestSentinel = `${this.#sentinelPrefix}-${++this.#sentinels}`;
    return Buffer.from(this.#latestSentinel);
  }

  /** Ends the own half of the TCP connection, or resets it. */
  finish(how: 'end' | 'end below tls' | 'reset'): void {
    this.#open = false;
    if (how === 'end') this.connection.end();
    else if (how === 'end below tls') this.connection.endBelowTls();
    else this.connection.reset();
  }

  /**
   * Sends a sentinel of our own accord, to see whether a quiet server still reads. A server that has sent a close frame
   * is only to end TCP: it is not asked, as some do that only when something more comes.
   */
  nudge(): void {
    if (this.#connection && this.#open && this.closeFrames === 0)
      this.#connection.sendFrame({ opcode: opcode.ping, payload: this.newSentinel() });
  }

  /** The pong for any of this actor's sentinels. */
  isSentinel(event: WebSocketArrival): boolean {
    return isPong(event) && event.frame.payload.toString('latin1').startsWith(this.#sentinelPrefix);
  }

  /** The pong for the sentinel that a step has put among other frames: `{client.sentinel}`. */
  isPlacedSentinel(event: WebSocketArrival): boolean {
    return isPong(event) && event.frame.payload.toString('latin1') === this.#sentinelPrefix;
  }

  /** The pong for the sentinel that was sent last. */
  isLatestSentinel(event: WebSocketArrival): boolean {
    return isPong(event) && event.frame.payload.toString('latin1') === this.#latestSentinel;
  }

  rememberPong(payload: Buffer): void {
    this.#pongsSent.push(payload);
  }

  /** A pong that repeats one of the client's own pongs; others that nobody asked for are allowed (5.5.3). */
  answersPong(event: WebSocketArrival): boolean {
    return isPong(event) && this.#pongsSent.some((payload) => payload.equals(event.frame.payload));
  }

  forgetArrivals(): void {
    this.inbox.forget(({ kind }) => kind === 'ended' || kind === 'violation' || kind === 'flood');
  }

  describe(event: WebSocketArrival): string {
    return describeArrival(event);
  }

  finding(kind: Finding['kind'], expected: string, message: string): Finding {
    const { localPort } = this;
    return { kind, expected, message, ...(localPort === undefined ? {} : { localPort }) };
  }

  /** Something came that is not like what was expected; the first difference is named. */
  mismatch(
    expected: string,
    nearest: string,
    differences: readonly NonNullable<Finding['differences']>[number][],
  ): Finding {
    const [first] = differences;
    const what = first
      ? `${first.path}: expected ${first.expected}, got ${first.actual ?? 'nothing'}`
      : 'it differs';
    return { ...this.finding('mismatch', expected, what), nearest, differences: [...differences] };
  }

  /** What fails any step that waits, whatever it waits for. */
  violation(expected: string, event: WebSocketArrival): Finding | undefined {
    if (event.kind === 'flood') return this.finding('unexpected', expected, describeArrival(event));
    return event.kind === 'violation' ? this.violationFinding(expected, event) : undefined;
  }

  /** Why no fact of the connection can be learnt any more. */
  brokenBy(expected: string): Look | undefined {
    const ended = this.inbox.waiting().find(({ event }) => event.kind === 'ended');
    if (!ended) return undefined;
    const finding = this.finding('closed', expected, `what came was ${describeArrival(ended.event)}`);
    return { state: 'broken', finding };
  }

  violationFinding(expected: string, { section, text }: { section: string; text: string }): Finding {
    // What is beyond the limits of a client breaks nothing; section 10.4 has the client set them.
    const what = section === '10.4' ? 'the server went beyond the limits of' : 'the server broke';
    return this.finding('violation', expected, `${what} section ${section}: ${text}`);
  }

  dispose(): void {
    this.#drop();
  }
}

function isPong(event: WebSocketArrival): event is Extract<WebSocketArrival, { kind: 'frame' }> {
  return event.kind === 'frame' && event.frame.opcode === opcode.pong;
}

/** How much memory an arrival holds beside what each one costs. A message in one frame is held by its frame. */
function octetsOf(event: WebSocketArrival): number {
  if (event.kind === 'frame') return event.frame.payload.length;
  if (event.kind === 'message') return event.compressed || event.fragments > 1 ? event.payload.length : 0;
  if (event.kind !== 'response') return 0;
  return event.response.headers.reduce((sum, field) => sum + field.join('').length + fieldCost, 0);
}

export function newKey(): string {
  return randomBytes(16).toString('base64');
}

/** An arrival in a few words. */
export function describeArrival(event: WebSocketArrival): string {
  switch (event.kind) {
    case 'response':
      return `a response with status ${event.response.status}`;
    case 'body':
      return `${event.body.octets} octets of the body of the response`;
    case 'frame':
      return `${describeFrame(event.frame)} (${showPayload(event.frame.payload)})`;
    case 'message':
      return `a ${event.type} message (${showPayload(event.payload)})`;
    case 'violation':
      return `a violation of section ${event.section}: ${event.text}`;
    case 'close':
      return describeClose(event);
    case 'flood':
      return 'more than a client can keep: the server sends without end, and the connection was cut';
    case 'ended':
      return describeEnd(event);
  }
}

export function describeClose(event: { code?: number | undefined; reason: string }): string {
  const code = event.code === undefined ? 'without a code' : `with code ${event.code}`;
  return `a close frame ${code}${event.reason === '' ? '' : ` (${showPayload(Buffer.from(event.reason))})`}`;
}
