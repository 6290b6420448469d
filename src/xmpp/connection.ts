import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type HelloAnswer, HelloReader } from '../tls/hello.ts';
import { TlsRecords } from '../tls/records.ts';
import type { TlsFacts, TlsOptions } from '../tls/tls.ts';
import type { XmlElement } from './element.ts';
import { EventQueue } from './event-queue.ts';
import type { HowEnded, Link, LinkHandlers } from './link.ts';
import { namespaces } from './namespaces.ts';
import { connectTcp, SocketLink, secureSocket } from './socket-link.ts';
import { openFrame, type StreamOptions, streamHeader } from './stream-opening.ts';
import {
  defaultXmlLimits,
  type ElementFacts,
  headerViolation,
  type StreamHeader,
  StreamParser,
  type XmlLimits,
  type XmlViolation,
} from './stream-parser.ts';
import { WebSocketLink } from './websocket-link.ts';

export {
  type CertificateFacts,
  type TlsFacts,
  TlsHandshakeError,
  type TlsOptions,
  TlsVerificationError,
} from '../tls/tls.ts';
export { type StreamOptions, streamHeader } from './stream-opening.ts';
export { WebSocketRefusedError } from './websocket-link.ts';

/** Something that the server did, in the order in which it did it. */
export type XmppEvent =
  | { kind: 'header'; header: StreamHeader }
  | { kind: 'features'; element: XmlElement }
  /** Any other top-level element; `n` counts them from 1 over the connection. `spaced`: white space came before it, after whatever this side wrote last. */
  | { kind: 'element'; element: XmlElement; n: number; facts: ElementFacts; spaced: boolean }
  /** `condition` is empty where the error names none. */
  | { kind: 'stream-error'; condition: string; element: XmlElement }
  /** The closing tag of the stream, or `<close/>`. */
  | { kind: 'stream-end'; element?: XmlElement }
  /**
   * What the server sent is not XMPP; nothing that it sends after it is read, until TLS begins. `inClear`: it came
   * after `<proceed/>`, where nothing but TLS records may come (RFC 6120 section 5.4.3.1).
   */
  | ({ kind: 'violation'; inClear?: true } & XmlViolation)
  | ({ kind: 'tls' } & TlsFacts)
  /** The answer to a ClientHello that was written as it is: see `greet`. */
  | HelloAnswer
  | { kind: 'renegotiated' }
  /** The connection is over. Not announced when this side destroyed or reset it. */
  | { kind: 'ended'; how: 'end' | 'reset' | 'error'; error?: Error };

export interface XmppConnectionOptions {
  transport: 'tcp' | 'tls' | 'websocket';
  host: string;
  port: number;
  /** Of the WebSocket. */
  path?: string;
  /** The WebSocket is reached by TLS. */
  secure?: boolean;
  /** Also used by STARTTLS. By direct TLS, ALPN offers `xmpp-client` (XEP-0368) unless told otherwise. */
  tls?: TlsOptions;
  /** Aborting it destroys the connection, during and after opening. */
  signal?: AbortSignal;
  /** Aborting it gives up the opening, and does nothing after it. It should abort with `signal`, too. */
  opening?: AbortSignal;
  limits?: Partial<XmlLimits>;
  /** What all elements together may come to, as they are kept, in octets; default 128 MiB. */
  largestTotal?: number;
  onEvent?(event: XmppEvent): void;
  /** The server handed out a TLS session that a later connection can resume; it may do so at any time. */
  onSession?(session: Buffer): void;
  /** Every chunk in clear: below TLS nothing is told. For a WebSocket, the messages. */
  observe?(chunk: { direction: 'sent' | 'received'; bytes: Buffer }): void;
}

const defaultLargestTotal = 128 * 1024 * 1024;
/** What an element or a piece of text costs beside its own characters, about, in octets. */
const nodeCost = 256;

const tooMuch: XmlViolation = {
  condition: 'policy-violation',
  text: 'more than a client can keep: it sends without end',
};

/** Events kept for whoever negotiates, before it is taken for a flood. */
const mostKeptEvents = 10_000;

/**
 * The client's end of one connection. It writes whatever it is told to, and announces whatever comes; it never
 * answers by itself.
 */
export class XmppConnection {
  readonly #options: XmppConnectionOptions;
  readonly #limits: XmlLimits;
  readonly #queues = new Set<EventQueue<XmppEvent | { kind: 'ended'; how: 'local' }>>();
  #link: Link | undefined;
  #parser: StreamParser;
  #count = 0;
  #ended: HowEnded | undefined;
  #localPort: number | undefined;
  #features: XmlElement | undefined;
  #header: StreamHeader | undefined;
  #proceeded = false;
  #hello: HelloReader | undefined;
  /** White space came since the last element, and since this side last wrote. */
  #spaced = false;
  /** Octets that came in clear after `<proceed/>`. */
  #octetsBeforeTls = 0;
  readonly #recordsBeforeTls = new TlsRecords();
  /** What all elements so far come to. */
  #taken = 0;

  private constructor(options: XmppConnectionOptions) {
    this.#options = options;
    this.#limits = { ...defaultXmlLimits, ...options.limits };
    this.#parser = this.#newParser();
  }

  /**
   * Connects, with TLS or the WebSocket handshake where asked for; no stream is opened. Rejects with the error of
   * the system, TlsHandshakeError, TlsVerificationError (after a `tls` event), WebSocketRefusedError, or the reason of the signal.
   */
  static async open(options: XmppConnectionOptions): Promise<XmppConnection> {
    const connection = new XmppConnection(options);
    await connection.#open();
    return connection;
  }

  async #open(): Promise<void> {
    const { host, port, transport, signal, opening = signal, tls = {} } = this.#options;
    const socket = await connectTcp(host, port, opening);
    this.#localPort = socket.localPort;
    const tlsSocket = await this.#secureAtOnce(socket);
    if (transport !== 'websocket') this.#link = new SocketLink(socket, tlsSocket, this.#handlers);
    else {
      const path = this.#options.path ?? '/';
      const authority = `${bracketed(tls.servername ?? host)}:${port}`;
      const settings = { authority, path, maxPayload: this.#limits.octets };
      this.#link = await WebSocketLink.open(socket, tlsSocket, settings, this.#handlers, opening);
    }
    if (signal?.aborted) this.#onAbort();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  async #secureAtOnce(socket: Socket): Promise<TLSSocket | undefined> {
    const { host, transport, secure, signal, opening = signal, tls = {} } = this.#options;
    if (transport === 'tls') {
      return secureSocket(socket, { alpn: ['xmpp-client'], ...tls }, host, this.#handlers, opening);
    }
    if (transport === 'websocket' && secure) return secureSocket(socket, tls, host, this.#handlers, opening);
    return undefined;
  }

  /** The port of this end of the TCP connection, also after its end. */
  get localPort(): number | undefined {
    return this.#localPort;
  }

  get tlsSocket(): TLSSocket | undefined {
    return this.#link?.tlsSocket;
  }

  /** Whether the stream is framed as RFC 7395 has it. */
  get framed(): boolean {
    return this.#link?.framed ?? false;
  }

  /** Whether everything is under TLS. */
  get secured(): boolean {
    return this.tlsSocket !== undefined;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** The latest header of the server. */
  get header(): StreamHeader | undefined {
    return this.#header;
  }

  /** The stream features since the latest header. */
  get features(): XmlElement | undefined {
    return this.#features;
  }

  /**
   * Writes characters or bytes as they are; `every` cuts them into writes of so many octets. Over WebSocket it is
   * one text message, and the slices are its fragments. Dropped when the connection is over.
   */
  write(text: string | Buffer, slices: { every?: number } = {}): void {
    this.#spaced = false;
    this.#link?.write(typeof text === 'string' ? Buffer.from(text) : text, slices.every);
  }

  /** Writes an element with the namespace declarations that this kind of stream needs. */
  send(element: XmlElement): void {
    this.write(element.toXml(this.framed ? '' : namespaces.client));
  }

  /** Resolves when everything written has left this process, or the connection is over. */
  async flushed(): Promise<void> {
    await this.#link?.flushed();
  }

  /** Writes a stream header, or `<open/>`. Waits for nothing. */
  openStream(options: StreamOptions = {}): void {
    this.write(options.raw ?? (this.framed ? openFrame(options) : streamHeader(options)));
  }

  /** Writes the end of the stream, or `<close/>`. Waits for nothing. */
  closeStream(): void {
    this.write(this.framed ? `<close xmlns='${namespaces.framing}'/>` : '</stream:stream>');
  }

  /**
   * Goes on under TLS, after `<proceed/>` has come. Rejects as `open` does; the connection is then over. Where octets
   * came in clear after `<proceed/>`, it rejects, too, and TLS is not begun. A signal ends the handshake in place of
   * that of the connection.
   */
  async startTls(
    options: TlsOptions = this.#options.tls ?? {},
    signal = this.#options.signal,
  ): Promise<void> {
    const link = this.#link;
    if (!(link instanceof SocketLink)) throw new Error('Only a TCP connection can go on under TLS');
    if (link.tlsSocket) throw new Error('The connection is under TLS already');
    if (this.#octetsBeforeTls > 0) {
      throw new Error(`The server sent ${this.#octetsBeforeTls} octets in clear between <proceed/> and TLS`);
    }
    this.#parser.stop();
    this.#parser = this.#newParser();
    this.#proceeded = false;
    await link.secure(options, this.#options.host, signal);
  }

  /** Writes a ClientHello instead of beginning TLS; of what comes from now on, ServerHello and alerts are announced. */
  greet(hello: Buffer): void {
    this.#hello = new HelloReader();
    this.write(hello);
  }

  /** Begins a new handshake within TLS 1.2. Its success is announced, its failure ends the connection. */
  renegotiate(): void {
    this.tlsSocket?.renegotiate({}, (error) => {
      if (!error) this.#announce({ kind: 'renegotiated' });
    });
  }

  /** Half-closes: FIN after what was written, or a WebSocket close frame. What comes is still announced. */
  end(): void {
    this.#link?.end();
  }

  /** Ends with RST. */
  reset(): void {
    this.#link?.reset();
  }

  /** Ends at once. Nothing more is announced. */
  destroy(): void {
    this.#link?.destroy();
  }

  /** Reads nothing until `resume()`, so that the server has to wait. */
  pause(): void {
    this.#link?.pause();
  }

  resume(): void {
    this.#link?.resume();
  }

  /**
   * Takes part in the events from now on, beside `onEvent`: one who waits for an answer calls it before asking. The
   * last event is always `ended`. Call `stop` in the end.
   */
  listen(): {
    next(signal?: AbortSignal): Promise<XmppEvent | { kind: 'ended'; how: 'local' }>;
    stop(): void;
  } {
    const queue = new EventQueue<XmppEvent | { kind: 'ended'; how: 'local' }>();
    if (this.#ended) queue.push({ kind: 'ended', how: this.#ended });
    this.#queues.add(queue);
    return { next: (signal) => queue.next(signal), stop: () => this.#queues.delete(queue) };
  }

  readonly #onAbort = () => this.destroy();

  readonly #handlers: LinkHandlers = {
    onData: (bytes) => {
      this.#options.observe?.({ direction: 'received', bytes });
      if (this.#hello) for (const answer of this.#hello.read(bytes)) this.#announce(answer);
      else if (this.#proceeded) this.#beforeTls(bytes);
      else this.#read(bytes);
    },
    onSent: (bytes) => this.#options.observe?.({ direction: 'sent', bytes }),
    onNoTls: () => this.#clearText('something that is no TLS record instead of the handshake'),
    onViolation: (text) => this.#announce({ kind: 'violation', condition: 'bad-format', text }),
    onTls: (facts) => this.#announce({ kind: 'tls', ...facts }),
    onSession: (session) => this.#options.onSession?.(session),
    onEnded: (how, error) => this.#end(how, error),
  };

  /** Reads on with a fresh parser where an element restarts the stream. */
  #read(bytes: Buffer): void {
    let left = bytes;
    while (left.length > 0 && !this.#ended) {
      const parser = this.#parser;
      left = parser.write(left);
      if (this.#parser === parser) return;
      if (this.#proceeded) {
        this.#beforeTls(left);
        return;
      }
    }
  }

  /** The server may already have an alert to send, a TLS record like those of a handshake; but no text, not even behind it. */
  #beforeTls(bytes: Buffer): void {
    const before = this.#recordsBeforeTls.stray;
    this.#recordsBeforeTls.pass(bytes);
    const { stray } = this.#recordsBeforeTls;
    if (stray && !before) {
      this.#clearText(
        `${JSON.stringify(stray.toString('latin1', 0, 200))} in clear between <proceed/> and TLS`,
      );
    }
    this.#octetsBeforeTls += bytes.length;
  }

  #clearText(text: string): void {
    this.#announce({ kind: 'violation', condition: 'policy-violation', text, inClear: true });
  }

  #newParser(): StreamParser {
    return new StreamParser(
      {
        onHeader: (header) => this.#onHeader(header),
        onWhitespace: () => {
          this.#spaced = true;
        },
        onElement: (element, facts) => this.#onElement(element, facts),
        onEnd: (element) => this.#announce({ kind: 'stream-end', ...(element && { element }) }),
        onViolation: (violation) => this.#announce({ kind: 'violation', ...violation }),
      },
      { mode: this.#options.transport === 'websocket' ? 'framed' : 'stream', limits: this.#limits },
    );
  }

  #onHeader(header: StreamHeader): void {
    this.#header = header;
    this.#features = undefined;
    this.#announce({ kind: 'header', header });
    const violation = headerViolation(header);
    // Servers may use whatever prefix they like for the stream namespace (RFC 6120 section 4.8.5).
    if (violation && violation.condition !== 'bad-namespace-prefix') {
      this.#parser.stop();
      this.#announce({ kind: 'violation', ...violation });
    }
  }

  #onElement(element: XmlElement, facts: ElementFacts): void {
    this.#count += 1;
    this.#taken += facts.octets + nodeCost * facts.nodes;
    if (this.#taken > (this.#options.largestTotal ?? defaultLargestTotal)) {
      this.#parser.stop();
      this.#announce({ kind: 'violation', ...tooMuch });
      return;
    }
    const spaced = this.#spaced;
    this.#spaced = false;
    if (element.is('features', namespaces.stream)) {
      this.#features = element;
      this.#announce({ kind: 'features', element });
    } else if (element.is('error', namespaces.stream)) {
      const condition = element.elements.find(
        (child) => child.namespace === namespaces.streamError && child.name !== 'text',
      );
      this.#announce({ kind: 'stream-error', condition: condition?.name ?? '', element });
    } else {
      if (!this.framed) this.#restartAfter(element);
      this.#announce({ kind: 'element', element, n: this.#count, facts, spaced });
    }
  }

  /** After these, what comes belongs to another stream (RFC 6120 sections 5.4.3.3 and 6.4.6). */
  #restartAfter(element: XmlElement): void {
    this.#proceeded = element.is('proceed', namespaces.tls) && !this.secured;
    if (!this.#proceeded && !element.is('success', namespaces.sasl)) return;
    this.#parser.stop();
    this.#parser = this.#newParser();
  }

  #announce(event: XmppEvent): void {
    if (this.#ended) return;
    this.#toQueues(event);
    this.#options.onEvent?.(event);
  }

  #toQueues(event: XmppEvent | { kind: 'ended'; how: 'local' }): void {
    for (const queue of this.#queues) {
      queue.push(event);
      if (queue.length > mostKeptEvents) this.destroy();
    }
  }

  #end(how: HowEnded, error?: Error): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#parser.stop();
    if (how === 'local') this.#toQueues({ kind: 'ended', how });
    else this.#announce({ kind: 'ended', how, ...(error && { error }) });
    this.#ended = how;
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
