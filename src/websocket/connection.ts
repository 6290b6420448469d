import { isUtf8 } from 'node:buffer';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureVersion } from 'node:tls';
import { type CloseBody, decodeClose, encodeClose, mayBeSent } from './close-code.ts';
import { Deflater } from './deflate.ts';
import { type DeflateParameters, parseExtensions, readAgreement } from './deflate-offer.ts';
import { encodeFrame, type Frame, type FrameSpec, isControl, opcode } from './frame.ts';
import { FrameError, FrameParser, type FrameViolation } from './frame-parser.ts';
import { encodeRequest, type HandshakeRequest, type HandshakeResponse, readResponse } from './handshake.ts';
import { type Head, HeadError, HeadReader, valuesOf } from './http-head.ts';
import { type Message, MessageAssembler } from './message-assembler.ts';

export type { HandshakeResponse } from './handshake.ts';

/** Something that the server did, in the order in which it did it. */
export type WebSocketEvent =
  | { kind: 'response'; response: HandshakeResponse }
  | { kind: 'frame'; frame: Frame; violations: FrameViolation[] }
  /** Follows its last frame. */
  | ({ kind: 'message' } & Message)
  /** The server broke a section; nothing of what it sends afterwards is read. */
  | { kind: 'violation'; section: string; text: string }
  /** Follows the close frame. */
  | ({ kind: 'close' } & CloseBody)
  | { kind: 'ended'; how: 'end' | 'reset' | 'error'; error?: Error };

export interface WebSocketOptions {
  host: string;
  port: number;
  /** TLS from the first octet; the server's certificate is always verified. */
  tls?: {
    ca?: string | string[];
    /** The name that the certificate must be for, and that is sent as SNI. */
    servername?: string;
    alpn?: string[];
    minVersion?: SecureVersion;
    maxVersion?: SecureVersion;
  };
  /** Aborting it destroys the connection, during and after opening. */
  signal?: AbortSignal;
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

/**
 * The client's end of one connection. It sends whatever it is told to, legal or not, and announces whatever comes.
 */
export class WebSocketConnection {
  readonly #options: WebSocketOptions;
  readonly #socket: Socket;
  readonly localPort: number | undefined;
  #head: HeadReader | undefined = new HeadReader();
  #frames: FrameParser | undefined;
  #assembler: MessageAssembler | undefined;
  #deflater: Deflater | undefined;
  #ended = false;
  #finSeen = false;
  #closeSent = false;
  #closeReceived = false;
  /** What is being inflated, and all that came after it, in order. */
  #incoming: Promise<void> | undefined;
  /** What is being compressed, and all that is to be sent after it, in order. */
  #outgoing: Promise<void> | undefined;

  private constructor(options: WebSocketOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    this.localPort = socket.localPort;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.on('end', () => {
      this.#finSeen = true;
      this.#inOrder(() => this.#end('end'));
    });
    socket.on('error', (error) => this.#inOrder(() => this.#end(isReset(error) ? 'reset' : 'error', error)));
    socket.on('close', () => this.#inOrder(() => this.#end('end')));
  }

  /** Opens TCP, and TLS where asked for; nothing is sent. Rejects with the system's error or the signal's reason. */
  static async open(options: WebSocketOptions): Promise<WebSocketConnection> {
    const { signal } = options;
    signal?.throwIfAborted();
    const socket = dial(options);
    const onAbort = () => socket.destroy();
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', onAbort));
    await new Promise<void>((resolve, reject) => {
      socket.once(options.tls ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
      socket.once('close', () =>
        reject(signal?.aborted ? signal.reason : new Error('the connection was closed')),
      );
    });
    socket.removeAllListeners('error');
    return new WebSocketConnection(options, socket);
  }

  /** Writes an opening handshake and waits for nothing; `every` cuts it into writes of so many octets. */
  request(request: HandshakeRequest, slices: { every?: number } = {}): void {
    this.write(encodeRequest(request), slices);
  }

  /** Writes octets as they are; `every` cuts them into writes of so many. Dropped when the connection is over. */
  write(octets: Buffer, { every }: { every?: number } = {}): void {
    this.#outInOrder(() => this.#write(octets, every));
  }

  sendFrame(spec: FrameSpec): void {
    this.sendFrames([spec]);
  }

  /** Several frames in one write, or in writes of `every` octets. */
  sendFrames(specs: readonly FrameSpec[], slices: { every?: number } = {}): void {
    if (specs.some((spec) => spec.opcode === opcode.close)) this.#closeSent = true;
    this.write(Buffer.concat(specs.map(encodeFrame)), slices);
  }

  /** Sends a message, in frames of `fragmentsOf` octets where that is said, compressed where that was agreed. */
  sendMessage(
    payload: Buffer,
    options: { type: 'text' | 'binary'; fragmentsOf?: number; compress?: boolean },
  ): void {
    const { type, fragmentsOf, compress = false } = options;
    const deflater = compress ? this.#deflater : undefined;
    const send = (octets: Buffer, compressed: boolean) => {
      const frames = cutIntoFrames(octets, type, fragmentsOf, compressed);
      this.#write(Buffer.concat(frames.map(encodeFrame)), undefined);
    };
    if (!deflater) return this.#outInOrder(() => send(payload, false));
    const before = this.#outgoing ?? Promise.resolve();
    this.#queueOut(before.then(async () => send(await deflater.deflate(payload), true)));
  }

  /** What was agreed on compression; undefined while nothing was. */
  deflate: DeflateParameters | undefined;

  /** Half-closes: FIN after what was written. What comes is still announced. */
  end(): void {
    this.#outInOrder(() => this.#socket.end());
  }

  /** Ends with RST at once; see `reset` in src/network for why not by `resetAndDestroy`. */
  reset(): void {
    this.#ended = true;
    const raw = this.#socket as Socket & { _parent?: Socket };
    // Under TLS the RST has to come from the TCP socket below.
    const below = raw._parent ?? this.#socket;
    Object.assign(below, { resetAndClosing: true });
    below.destroy();
    this.destroy();
  }

  /** Ends at once. Nothing more is announced. */
  destroy(): void {
    this.#ended = true;
    this.#assembler?.close();
    this.#deflater?.close();
    this.#frames?.stop();
    this.#socket.destroy();
  }

  /** Something is still being inflated or compressed. */
  get busy(): boolean {
    return this.#incoming !== undefined || this.#outgoing !== undefined;
  }

  /** Resolves when everything written has left this process, or the connection is over. */
  async flushed(): Promise<void> {
    await this.#outgoing;
    if (this.#socket.destroyed || this.#socket.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('drain', resolve);
      this.#socket.once('close', () => resolve());
    });
  }

  #write(octets: Buffer, every: number | undefined): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#options.observe?.({ direction: 'sent', bytes: octets });
    if (every === undefined) this.#socket.write(octets);
    else
      for (let at = 0; at < octets.length; at += every) this.#socket.write(octets.subarray(at, at + every));
  }

  /** Does it now, or after what is still being compressed. */
  #outInOrder(work: () => void): void {
    if (!this.#outgoing) work();
    else this.#queueOut(this.#outgoing.then(work));
  }

  #queueOut(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) =>
        this.#end('error', error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => {
        if (this.#outgoing === settled) this.#outgoing = undefined;
      });
    this.#outgoing = settled;
  }

  #received(bytes: Buffer): void {
    if (this.#ended) return;
    this.#options.observe?.({ direction: 'received', bytes });
    try {
      if (this.#head) this.#readHead(this.#head, bytes);
      else this.#frames?.write(bytes);
    } catch (error) {
      if (error instanceof FrameError) this.#violate(error.section, error.message);
      else if (error instanceof HeadError) this.#violate('4.2.2', error.message);
      else throw error;
    }
  }

  #readHead(reader: HeadReader, bytes: Buffer): void {
    const head = reader.write(bytes);
    if (!head) return;
    const response = readResponse(head);
    // An answer before the final one (RFC 9110 section 15.2) is passed over.
    if (response.status >= 100 && response.status < 200 && response.status !== 101) {
      this.#head = new HeadReader();
      if (head.rest.length > 0) this.#readHead(this.#head, head.rest);
      return;
    }
    this.#head = undefined;
    if (response.status === 101) this.#begin(head);
    this.#announce({ kind: 'response', response });
    if (response.status === 101 && head.rest.length > 0) this.#frames?.write(head.rest);
  }

  #begin({ headers }: Head): void {
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

  #onFrame(frame: Frame, violations: FrameViolation[]): void {
    const assembler = this.#assembler;
    if (!assembler) return;
    if (this.#incoming)
      return this.#queueIn(this.#incoming.then(() => this.#judge(assembler, frame, violations)));
    const later = this.#judge(assembler, frame, violations);
    if (later) this.#queueIn(later);
  }

  /** Announces a frame and what follows from it; returns a promise only where something has to be inflated. */
  #judge(assembler: MessageAssembler, frame: Frame, violations: FrameViolation[]): Promise<void> | undefined {
    if (this.#ended) return undefined;
    if (this.#closeReceived) {
      // The server sends no more frames after its close frame (section 5.5.1).
      if (!isControl(frame.opcode)) this.#violate('5.5.1', 'a data frame came after the close frame');
      return undefined;
    }
    this.#announce({ kind: 'frame', frame, violations });
    const violation = assembler.violationOf(frame) ?? violations[0];
    if (violation) {
      this.#violate(violation.section, violation.text);
      return undefined;
    }
    if (isControl(frame.opcode)) {
      this.#control(frame);
      return undefined;
    }
    return assembler.take(frame).then((result) => {
      if (!result) return;
      if ('section' in result) this.#violate(result.section, result.text);
      else this.#announce({ kind: 'message', ...result });
    });
  }

  #queueIn(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) =>
        this.#end('error', error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => {
        if (this.#incoming === settled) this.#incoming = undefined;
      });
    this.#incoming = settled;
  }

  #inOrder(work: () => void): void {
    if (this.#incoming) this.#queueIn(this.#incoming.then(work));
    else work();
  }

  #control(frame: Frame): void {
    const { autoPong = true, autoClose = true } = this.#options;
    if (frame.opcode === opcode.ping && autoPong)
      this.sendFrame({ opcode: opcode.pong, payload: frame.payload });
    if (frame.opcode !== opcode.close) return;
    const body = decodeClose(frame.payload);
    if (frame.payload.length === 1) return this.#violate('5.5.1', 'the body of a close frame has one octet');
    if (body.code !== undefined && !mayBeSent(body.code))
      return this.#violate('7.4', `the close code ${body.code} must not be in a close frame`);
    if (!isUtf8(frame.payload.subarray(2)))
      return this.#violate('5.5.1', 'the reason of a close frame is not UTF-8');
    this.#announce({ kind: 'close', ...body });
    this.#closeReceived = true;
    if (!autoClose || this.#closeSent) return;
    this.sendFrame({ opcode: opcode.close, payload: encodeClose({ ...body, reason: '' }) });
  }

  #violate(section: string, text: string): void {
    this.#frames?.stop();
    this.#announce({ kind: 'violation', section, text });
  }

  #announce(event: WebSocketEvent): void {
    if (!this.#ended) this.#options.onEvent(event);
  }

  #end(how: 'end' | 'reset' | 'error', error?: Error): void {
    if (this.#ended) return;
    this.#announce({
      kind: 'ended',
      how: how === 'end' || !this.#finSeen ? how : 'end',
      ...(error ? { error } : {}),
    });
    this.destroy();
  }
}

function dial({ host, port, tls }: WebSocketOptions): Socket {
  if (!tls) return connect({ host, port, noDelay: true, allowHalfOpen: true });
  const { servername = host, alpn, ca, minVersion, maxVersion } = tls;
  return connectTls({
    host,
    port,
    ...(isIP(servername) === 0 ? { servername } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(alpn ? { ALPNProtocols: alpn } : {}),
    ...(minVersion ? { minVersion } : {}),
    ...(maxVersion ? { maxVersion } : {}),
  });
}

function cutIntoFrames(
  octets: Buffer,
  type: 'text' | 'binary',
  size: number | undefined,
  compressed: boolean,
): FrameSpec[] {
  const step = size ?? Math.max(1, octets.length);
  const count = Math.max(1, Math.ceil(octets.length / step));
  return Array.from({ length: count }, (_, index) => ({
    fin: index === count - 1,
    rsv1: compressed && index === 0,
    opcode: index === 0 ? opcode[type] : opcode.continuation,
    payload: octets.subarray(index * step, (index + 1) * step),
  }));
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
