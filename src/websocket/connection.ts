import { isUtf8 } from 'node:buffer';
import { agreementViolations } from './agreement.ts';
import { AnswerReader } from './answer-reader.ts';
import { type CloseBody, decodeClose, encodeClose, mayBeSent } from './close-code.ts';
import { Deflater } from './deflate.ts';
import { type DeflateParameters, parseExtensions, readAgreement } from './deflate-offer.ts';
import { type DialOptions, dial, resetWire, type Wire, whenNotReset } from './dial.ts';
import { encodeFrames, type Frame, type FrameSpec, isControl, opcode } from './frame.ts';
import { FrameError, FrameParser } from './frame-parser.ts';
import { encodeRequest, type HandshakeRequest, type HandshakeResponse } from './handshake.ts';
import { type Head, HeadError, valuesOf } from './http-head.ts';
import type { Http2Wire } from './http2/dial-http2.ts';
import type { Field } from './http2/hpack.ts';
import { Http2Error, StreamReset } from './http2/http2-error.ts';
import { readFields } from './http2/http2-response.ts';
import { type Message, MessageAssembler } from './message-assembler.ts';
import type { MessageForm } from './message-frames.ts';
import { asError, Outgoing } from './outgoing.ts';
import type { ResponseBody } from './response-body.ts';
import type { Violation } from './violation.ts';

export type { HandshakeResponse } from './handshake.ts';

/** Something that the server did, in the order in which it did it. */
export type WebSocketEvent =
  /**
   * The answer to the handshake. Its violations are what it agrees to against the offer of a request that was not
   * raw: a client has to fail the connection for each (section 4.1), which is left to the caller.
   */
  | { kind: 'response'; response: HandshakeResponse; violations: Violation[] }
  /** Follows an answer other than 101 once its body has come. */
  | { kind: 'body'; body: ResponseBody }
  | { kind: 'frame'; frame: Frame; violations: Violation[] }
  /** Follows its last frame. */
  | ({ kind: 'message' } & Message)
  /** The server broke a section; nothing of what it sends afterwards is read. With the code of a close frame that must not be in one. */
  | { kind: 'violation'; section: string; text: string; forbiddenCode?: number }
  /** Follows the first close frame; control frames after it are still announced, and not answered. */
  | ({ kind: 'close' } & CloseBody)
  /** What had begun and was not whole then is told in a few words. */
  | { kind: 'ended'; how: 'end' | 'reset' | 'error'; error?: Error; unfinished?: string };

export interface WebSocketOptions extends DialOptions {
  /** Aborting it destroys the connection: while it opens, `open` rejects; later it ends as an error. */
  signal?: AbortSignal;
  /** Aborting it gives up the opening, and does nothing after it. It should abort with `signal`, too. */
  opening?: AbortSignal;
  /** Largest payload of a frame, and of a message, that is read, in octets. */
  maxFrame?: number;
  maxMessage?: number;
  onEvent(event: WebSocketEvent): void;
  /** Every chunk, in clear. */
  observe?(chunk: { direction: 'sent' | 'received'; bytes: Buffer }): void;
  /** Pings are answered, and so is a close frame; default true. */
  autoPong?: boolean;
  autoClose?: boolean;
}

const defaultLargest = 64 * 1_048_576;
/** While so much waits behind a message that is being inflated, nothing more is read, in octets. */
const mostIncoming = 4 * 1_048_576;
/** While so much waits to be sent, pings go unanswered, in octets. */
const mostUnread = 1_048_576;
/** What a frame costs beside its payload, about, in octets. */
const frameCost = 512;

/**
 * The client's end of one connection. It sends whatever it is told to, legal or not, and announces whatever comes.
 */
export class WebSocketConnection {
  readonly #options: WebSocketOptions;
  readonly #wire: Wire;
  readonly localPort: number | undefined;
  #answers: AnswerReader | undefined = new AnswerReader({
    onResponse: (response) => this.#takeAnswer(response, response.status === 101),
    onBody: (body) => this.#announce({ kind: 'body', body }),
  });
  /** The header fields of the request; unknown where it was raw. */
  #offer: readonly Field[] | undefined;
  #frames: FrameParser | undefined;
  #assembler: MessageAssembler | undefined;
  #deflater: Deflater | undefined;
  #ended = false;
  #finSeen = false;
  #closeSent = false;
  #closeReceived = false;
  #violated = false;
  /** What is being inflated, and all that came after it, in order. */
  #incoming: Promise<void> | undefined;
  #incomingOctets = 0;
  readonly #outgoing: Outgoing;

  private constructor(options: WebSocketOptions, wire: Wire) {
    this.#options = options;
    this.#wire = wire;
    this.localPort = wire.tcp.localPort;
    const socket = wire.top;
    this.#outgoing = new Outgoing(wire, {
      onWrite: (bytes) => {
        options.observe?.({ direction: 'sent', bytes });
        this.#answers?.sent(bytes);
      },
      onError: (error) => this.#end('error', error),
    });
    const failed = (error: Error) =>
      this.#inOrder(() => {
        if (error instanceof Http2Error) this.#violate(error.section, error.message);
        this.#end(isReset(error) ? 'reset' : 'error', error);
      });
    const onAbort = () => this.#abort();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    wire.stream?.on('fields', (fields: readonly Field[]) => this.#readFields(fields));
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.on('end', () =>
      whenNotReset(wire, () => {
        this.#finSeen = true;
        this.#answers?.end();
        this.#inOrder(() => this.#end('end'));
      }),
    );
    socket.on('error', failed);
    socket.on('close', () => {
      options.signal?.removeEventListener('abort', onAbort);
      this.#inOrder(() => this.#end('end'));
    });
    // It may have ended before anybody listened.
    if (socket.destroyed) queueMicrotask(() => (socket.errored ? failed(socket.errored) : this.#end('end')));
  }

  /** Opens TCP, and TLS where asked for; nothing is sent. Rejects with the system's error or the signal's reason. */
  static async open(options: WebSocketOptions): Promise<WebSocketConnection> {
    return new WebSocketConnection(options, await dial(options, options.opening ?? options.signal));
  }

  /** On a stream of an HTTP/2 connection (RFC 8441), which opens with the request; the connection outlives it. */
  static over({ tcp, session }: Http2Wire, options: WebSocketOptions): WebSocketConnection {
    const stream = session.newStream();
    return new WebSocketConnection(options, { tcp, top: stream, stream });
  }

  /** Writes an opening handshake and waits for nothing; `every` cuts it into writes of so many octets. */
  request(request: HandshakeRequest, slices: { every?: number } = {}): void {
    if ('fields' in request) {
      this.#offer = request.fields;
      this.#wire.stream?.sendFields(request.fields, request);
      return;
    }
    this.#offer = 'raw' in request ? undefined : request.headers;
    this.write(encodeRequest(request), slices);
  }

  /** Writes octets as they are; `every` cuts them into writes of so many. Dropped when the connection is over. */
  write(octets: Buffer, { every }: { every?: number } = {}): void {
    this.#outgoing.write(octets, every);
  }

  sendFrame(spec: FrameSpec): void {
    this.sendFrames([spec]);
  }

  /** Several frames in one write, or in writes of `every` octets. */
  sendFrames(specs: readonly FrameSpec[], slices: { every?: number } = {}): void {
    if (specs.some(isCloseFrame)) this.#closeSent = true;
    this.write(encodeFrames(specs), slices);
  }

  /** Sends a message as its form says; it is compressed only where that was agreed. */
  sendMessage(payload: Buffer, form: MessageForm & { compress?: boolean }): void {
    this.#outgoing.message(payload, form, form.compress ? this.#deflater : undefined);
  }

  /** What was agreed on compression; undefined while nothing was. */
  deflate: DeflateParameters | undefined;

  /** Half-closes: FIN after what was written. What comes is still announced. */
  end(): void {
    this.#outgoing.inOrder(() => void this.#wire.top.end());
  }

  /** Ends TCP (FIN) without a word of TLS before it, which has to announce its end (RFC 8446 section 6.1). */
  endBelowTls(): void {
    this.#outgoing.inOrder(() => void this.#wire.tcp.end());
  }

  /** Writes octets into TCP, below TLS where that is used. */
  writeBelowTls(octets: Buffer): void {
    this.#outgoing.inOrder(() => void this.#wire.tcp.write(octets));
  }

  /** Ends with RST at once; what was still to be sent is lost. Nothing more is announced. */
  reset(): void {
    this.#ended = true;
    resetWire(this.#wire);
    this.destroy();
  }

  /** Ends at once. Nothing more is announced. */
  destroy(): void {
    this.#ended = true;
    this.#assembler?.close();
    this.#deflater?.close();
    this.#frames?.stop();
    this.#wire.top.destroy();
  }

  /** Something is still being inflated or compressed. */
  get busy(): boolean {
    return this.#incoming !== undefined || this.#outgoing.isDeflating;
  }

  /** What of the server has begun and is not whole, in a few words. */
  get unfinished(): string | undefined {
    const octets = this.#answers?.begun ?? 0;
    return octets > 0 ? `the beginning of an answer (${octets} octets)` : this.#frames?.begun;
  }

  /** Resolves when everything written has left this process, or the connection is over. */
  flushed(): Promise<void> {
    return this.#outgoing.flushed();
  }

  #received(bytes: Buffer): void {
    if (this.#ended) return;
    this.#options.observe?.({ direction: 'received', bytes });
    try {
      if (this.#wire.stream) return this.#receivedOnStream(bytes);
      const frames = this.#answers ? this.#answers.write(bytes) : bytes;
      if (!frames) return;
      this.#answers = undefined;
      this.#frames?.write(frames);
    } catch (error) {
      if (error instanceof FrameError) this.#inOrder(() => this.#violate(error.section, error.message));
      else if (error instanceof HeadError) this.#violate(error.tooLarge ? '10.4' : '4.2.2', error.message);
      else throw error;
    }
  }

  #takeAnswer(response: HandshakeResponse, opens: boolean): void {
    if (opens) this.#begin(response);
    const violations = opens && this.#offer ? agreementViolations(this.#offer, response.headers) : [];
    this.#announce({ kind: 'response', response, violations });
  }

  /** The answer on a stream of HTTP/2: any status of success opens the tunnel (RFC 9110 section 9.3.6). */
  #readFields(fields: readonly Field[]): void {
    // Trailers say nothing of a WebSocket.
    if (!this.#answers || this.#ended) return;
    try {
      const response = readFields(fields);
      if (response.status < 200 && response.status !== 101) return;
      this.#answers = undefined;
      this.#takeAnswer(response, response.status >= 200 && response.status < 300);
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      this.#violate(error.section, error.message);
    }
  }

  #receivedOnStream(bytes: Buffer): void {
    if (this.#answers) this.#violate('8.1 of RFC 9113', 'DATA came before HEADERS');
    else this.#frames?.write(bytes);
  }

  #begin({ headers }: Pick<Head, 'headers'>): void {
    const { maxFrame = defaultLargest, maxMessage = defaultLargest } = this.#options;
    const agreed = valuesOf(headers, 'Sec-WebSocket-Extensions').flatMap(
      (field) => parseExtensions(field) ?? [],
    );
    this.deflate = agreed.map(readAgreement).find((one) => one !== undefined);
    if (this.deflate)
      this.#deflater = new Deflater(this.deflate.clientMaxWindowBits, !this.deflate.clientNoContextTakeover);
    this.#assembler = new MessageAssembler(maxMessage, this.deflate);
    this.#frames = new FrameParser(
      { onFrame: (frame, violations) => this.#onFrame(frame, violations) },
      maxFrame,
    );
  }

  #onFrame(frame: Frame, violations: Violation[]): void {
    const assembler = this.#assembler;
    if (!assembler) return;
    if (this.#incoming) {
      this.#holdUp(frame.payload.length + frameCost);
      this.#queueIn(this.#incoming.then(() => this.#judge(assembler, frame, violations)));
      return;
    }
    const later = this.#judge(assembler, frame, violations);
    if (later) this.#queueIn(later);
  }

  /** Stops reading where too much waits behind what is being inflated. */
  #holdUp(octets: number): void {
    this.#incomingOctets += octets;
    if (this.#incomingOctets > mostIncoming) this.#wire.top.pause();
  }

  /** Announces a frame and what follows from it; returns a promise only where something has to be inflated. */
  #judge(assembler: MessageAssembler, frame: Frame, violations: Violation[]): Promise<void> | undefined {
    if (this.#ended || this.#violated) return undefined;
    this.#announce({ kind: 'frame', frame, violations });
    const violation = assembler.violationOf(frame, violations) ?? this.#afterClose(frame);
    if (violation) {
      this.#violate(violation.section, violation.text);
      return undefined;
    }
    if (isControl(frame.opcode)) {
      this.#control(frame);
      return undefined;
    }
    const outcome = assembler.take(frame);
    if (outcome instanceof Promise) return outcome.then((message) => this.#tell(message));
    if (outcome) this.#tell(outcome);
    return undefined;
  }

  /**
   * Only data is forbidden after a close frame: pings are allowed until the connection is closed (section 5.5.2),
   * pongs are due until the client's own close frame has come, and the close codes of a connection are those of
   * its first close frame (section 7.1.5).
   */
  #afterClose(frame: Frame): Violation | undefined {
    if (!this.#closeReceived || isControl(frame.opcode)) return undefined;
    return { section: '5.5.1', text: 'a data frame came after the close frame' };
  }

  #tell(outcome: Message | Violation): void {
    if ('section' in outcome) this.#violate(outcome.section, outcome.text);
    else this.#announce({ kind: 'message', ...outcome });
  }

  #queueIn(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) => this.#end('error', asError(error)))
      .finally(() => {
        if (this.#incoming !== settled) return;
        this.#incoming = undefined;
        this.#incomingOctets = 0;
        this.#wire.top.resume();
      });
    this.#incoming = settled;
  }

  #inOrder(work: () => void): void {
    if (this.#incoming) this.#queueIn(this.#incoming.then(work));
    else work();
  }

  #control(frame: Frame): void {
    if (this.#closeReceived) return;
    const { autoPong = true, autoClose = true } = this.#options;
    // A server that reads no pongs gets no more of them: section 5.5.3 wants only the latest ping answered.
    const isRead = this.#wire.top.writableLength <= mostUnread;
    if (frame.opcode === opcode.ping && autoPong && isRead)
      this.sendFrame({ opcode: opcode.pong, payload: frame.payload });
    if (frame.opcode !== opcode.close) return;
    const body = decodeClose(frame.payload);
    if (frame.payload.length === 1) return this.#violate('5.5.1', 'the body of a close frame has one octet');
    if (body.code !== undefined && !mayBeSent(body.code))
      return this.#violate('7.4', `the close code ${body.code} must not be in a close frame`, body.code);
    if (!isUtf8(frame.payload.subarray(2)))
      return this.#violate('5.5.1', 'the reason of a close frame is not UTF-8');
    this.#announce({ kind: 'close', ...body });
    this.#closeReceived = true;
    if (!autoClose || this.#closeSent) return;
    this.sendFrame({ opcode: opcode.close, payload: encodeClose({ ...body, reason: '' }) });
  }

  #violate(section: string, text: string, forbiddenCode?: number): void {
    if (this.#violated) return;
    this.#violated = true;
    this.#answers = undefined;
    this.#frames?.stop();
    const code = forbiddenCode === undefined ? {} : { forbiddenCode };
    this.#announce({ kind: 'violation', section, text, ...code });
  }

  #announce(event: WebSocketEvent): void {
    if (!this.#ended) this.#options.onEvent(event);
  }

  #abort(): void {
    this.#announce({ kind: 'ended', how: 'error', error: asError(this.#options.signal?.reason) });
    this.destroy();
  }

  #end(how: 'end' | 'reset' | 'error', error?: Error): void {
    if (this.#ended) return;
    const { unfinished } = this;
    this.#announce({
      kind: 'ended',
      how: how === 'end' || !this.#finSeen ? how : 'end',
      ...(error ? { error } : {}),
      ...(unfinished === undefined ? {} : { unfinished }),
    });
    this.destroy();
  }
}

/** One that breaks a rule of sections 5.1 to 5.5.1 closes nothing: the server's own is still to be answered. */
function isCloseFrame({ opcode: code, fin, rsv1, rsv2, rsv3, mask, length, payload }: FrameSpec): boolean {
  if (code !== opcode.close || fin === false || rsv1 || rsv2 || rsv3 || mask === false) return false;
  return length === undefined && payload.length <= 125 && payload.length !== 1;
}

function isReset(error: Error): boolean {
  if (error instanceof StreamReset) return true;
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
