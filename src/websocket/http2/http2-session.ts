import type { Duplex } from 'node:stream';
import { FieldBlocks } from './field-blocks.ts';
import { encodeFields, type Field } from './hpack.ts';
import { type ErrorCode, errorCodes, Http2Error, nameOfCode, StreamReset } from './http2-error.ts';
import {
  encodeHttp2Frame,
  encodeSettings,
  flag,
  frameType,
  type Http2Frame,
  Http2FrameReader,
  numberPayload,
  type Settings,
  withoutPadding,
} from './http2-frame.ts';
import { Http2Stream } from './http2-stream.ts';
import { PeerSettings } from './peer-settings.ts';

export interface Http2Options {
  role: 'client' | 'server';
  /** Sent at the beginning; what is not named is as RFC 9113 section 6.5.2 has it. */
  settings?: Settings;
  /** SETTINGS came; afterwards `peer` holds them. */
  onSettings?(): void;
  /** Of a server: a stream was opened with these fields. */
  onStream?(stream: Http2Stream, fields: readonly Field[]): void;
  /** The other side broke HTTP/2; the connection is being ended for that. */
  onViolation?(violation: Http2Error): void;
  /** The TCP connection is over. */
  onClose?(): void;
  /** What a server does that breaks flow control on purpose. */
  disregardsWindows?(): boolean;
  keepsWindowsShut?(): boolean;
  /** Every chunk, in clear. */
  observe?(chunk: { direction: 'sent' | 'received'; bytes: Buffer }): void;
}

/** RFC 9113 section 3.4. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const initialWindow = 65_535;
const largestWindow = 2 ** 31 - 1;
/** While so much waits to be sent, SETTINGS and PING go unanswered, in octets. */
const mostUnread = 1_048_576;
/** So many frames that carry no data of a WebSocket may come on one connection. */
const mostIdleFrames = 20_000;

interface Outgoing {
  octets: Buffer;
  end: boolean;
  done(error?: Error): void;
}

/**
 * One side of an HTTP/2 connection (RFC 9113), as far as WebSockets need it: no priorities, no pushes. It reads with
 * bounds whatever comes, and ends the connection when the other side breaks the protocol.
 */
export class Http2Session {
  readonly socket: Duplex;
  /** What the other side has told in its SETTINGS. */
  readonly peer: PeerSettings;
  readonly #options: Http2Options;
  readonly #reader = new Http2FrameReader();
  readonly #blocks = new FieldBlocks();
  readonly #streams = new Map<number, Http2Stream>();
  readonly #queues = new Map<Http2Stream, Outgoing[]>();
  readonly #ownWindow: number;
  #preface: Buffer | undefined;
  #nextStream: number;
  #latestOfPeer = 0;
  #sendWindow = initialWindow;
  #receiveWindow = initialWindow;
  #owed = 0;
  #idleFrames = 0;
  #goneAway: StreamReset | undefined;
  #over = false;
  /** Why it is over, where something was wrong. */
  #failure: Error | undefined;

  constructor(socket: Duplex, options: Http2Options) {
    this.socket = socket;
    this.#options = options;
    const isClient = options.role === 'client';
    this.peer = new PeerSettings(isClient ? 'server' : 'client');
    this.#nextStream = isClient ? 1 : 2;
    this.#preface = isClient ? undefined : Buffer.alloc(0);
    this.#ownWindow = options.settings?.INITIAL_WINDOW_SIZE ?? initialWindow;
    socket.on('data', (octets: Buffer) => this.#received(octets));
    socket.on('end', () => this.#lose());
    socket.on('error', (error) => this.#lose(error));
    socket.on('close', () => this.#lose());
    socket.on('drain', () => this.#pumpAll());
    if (isClient) this.#write(preface);
    this.sendSettings(options.settings ?? {});
    if (socket.destroyed) queueMicrotask(() => this.#lose(socket.errored ?? undefined));
  }

  get over(): boolean {
    return this.#over;
  }

  /** A stream of this side; it opens with its first fields. */
  newStream(): Http2Stream {
    const stream = new Http2Stream(this);
    const reason = this.#goneAway ?? this.#whyOver();
    if (reason) stream.destroy(reason);
    return stream;
  }

  sendSettings(settings: Settings): void {
    this.#send({ type: frameType.settings, flags: 0, stream: 0, payload: encodeSettings(settings) });
  }

  /** Sends a frame as it is, allowed or not. */
  sendFrame(frame: Http2Frame): void {
    this.#send(frame);
  }

  /** Tells the other side that this one goes, and takes no more streams. */
  goAway(code: ErrorCode = 'NO_ERROR'): void {
    const payload = Buffer.concat([
      numberPayload(this.#latestOfPeer),
      numberPayload(errorCodes.indexOf(code)),
    ]);
    this.#send({ type: frameType.goAway, flags: 0, stream: 0, payload });
  }

  /** Ends the connection at once, and all streams with it. */
  destroy(): void {
    this.#lose();
    this.socket.destroy();
  }

  // What streams ask for.

  sendFields(stream: Http2Stream, fields: readonly Field[], end: boolean): void {
    // The other side has taken leave, and would pass over a new stream (RFC 9113 section 6.8).
    const reason = this.#goneAway ?? this.#whyOver();
    if (stream.id === undefined && reason) return void stream.destroy(reason);
    if (this.#over) return;
    stream.id ??= this.#open(stream);
    const block = encodeFields(fields);
    const { maxFrame } = this.peer;
    for (let at = 0; at === 0 || at < block.length; at += maxFrame) {
      const isLast = at + maxFrame >= block.length;
      this.#send({
        type: at === 0 ? frameType.headers : frameType.continuation,
        flags: (isLast ? flag.endHeaders : 0) | (end && at === 0 ? flag.endStream : 0),
        stream: stream.id,
        payload: block.subarray(at, at + maxFrame),
      });
    }
    this.#pump(stream);
  }

  sendData(stream: Http2Stream, octets: Buffer, end: boolean, done: (error?: Error) => void): void {
    const queue = this.#queues.get(stream) ?? [];
    this.#queues.set(stream, queue);
    queue.push({ octets, end, done });
    this.#pump(stream);
  }

  sendReset(stream: Http2Stream, code: ErrorCode): void {
    if (stream.id === undefined) return;
    const payload = numberPayload(errorCodes.indexOf(code));
    this.#send({ type: frameType.rstStream, flags: 0, stream: stream.id, payload });
  }

  consumed(stream: Http2Stream, octets: number): void {
    if (this.#options.keepsWindowsShut?.()) return;
    this.#owe(octets);
    stream.owed += octets;
    if (stream.id === undefined || stream.endReceived || stream.owed * 2 < this.#ownWindow) return;
    this.#openWindow(stream.id, stream.owed);
    stream.receiveWindow += stream.owed;
    stream.owed = 0;
  }

  forget(stream: Http2Stream): void {
    if (stream.id !== undefined) this.#streams.delete(stream.id);
    const queue = this.#queues.get(stream) ?? [];
    this.#queues.delete(stream);
    for (const { done } of queue) done();
  }

  #open(stream: Http2Stream): number {
    const id = this.#nextStream;
    this.#nextStream += 2;
    this.#adopt(id, stream);
    return id;
  }

  #adopt(id: number, stream: Http2Stream): void {
    stream.id = id;
    stream.sendWindow = this.peer.initialWindow;
    stream.receiveWindow = this.#ownWindow;
    this.#streams.set(id, stream);
  }

  /** The window of the connection opens again when half of it was used. */
  #owe(octets: number): void {
    this.#owed += octets;
    if (this.#owed * 2 < initialWindow) return;
    this.#openWindow(0, this.#owed);
    this.#receiveWindow += this.#owed;
    this.#owed = 0;
  }

  #openWindow(stream: number, octets: number): void {
    this.#send({ type: frameType.windowUpdate, flags: 0, stream, payload: numberPayload(octets) });
  }

  /**
   * Sends what waits, as far as the windows of the stream and of the connection are open, and TCP takes it: whoever
   * opens windows by a single octet, again and again, and reads nothing, would fill the memory with frames.
   */
  #pump(stream: Http2Stream): void {
    const queue = this.#queues.get(stream);
    if (!queue || stream.id === undefined) return;
    for (let next = queue[0]; next; next = queue[0]) {
      const windows = this.#options.disregardsWindows?.()
        ? Infinity
        : Math.min(stream.sendWindow, this.#sendWindow);
      const room = Math.min(windows, this.peer.maxFrame);
      if (next.octets.length > 0 && (room <= 0 || this.socket.writableNeedDrain)) return;
      const payload = next.octets.subarray(0, Math.max(0, room));
      const isWhole = payload.length === next.octets.length;
      if (isWhole) queue.shift();
      else next.octets = next.octets.subarray(payload.length);
      stream.sendWindow -= payload.length;
      this.#sendWindow -= payload.length;
      const flags = isWhole && next.end ? flag.endStream : 0;
      this.#send(
        { type: frameType.data, flags, stream: stream.id, payload },
        isWhole ? next.done : undefined,
      );
    }
  }

  #pumpAll(): void {
    for (const stream of [...this.#queues.keys()]) this.#pump(stream);
  }

  #send(frame: Http2Frame, done?: (error?: Error) => void): void {
    this.#write(encodeHttp2Frame(frame), done);
  }

  #write(octets: Buffer, done?: (error?: Error) => void): void {
    if (!this.socket.writable) return done?.();
    this.#options.observe?.({ direction: 'sent', bytes: octets });
    this.socket.write(octets, () => done?.());
  }

  #received(octets: Buffer): void {
    if (this.#over) return;
    this.#options.observe?.({ direction: 'received', bytes: octets });
    try {
      for (const frame of this.#reader.read(this.#withoutPreface(octets))) {
        this.#take(frame);
        if (this.#over) return;
      }
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      this.#options.onViolation?.(error);
      this.goAway(error.code);
      this.#lose(error);
      this.socket.end();
    }
  }

  /** A server reads what a client begins with. */
  #withoutPreface(octets: Buffer): Buffer {
    if (!this.#preface) return octets;
    const came = Buffer.concat([this.#preface, octets]);
    const length = Math.min(came.length, preface.length);
    if (!came.subarray(0, length).equals(preface.subarray(0, length)))
      throw new Http2Error('PROTOCOL_ERROR', '3.4 of RFC 9113', 'the client does not begin with the preface');
    this.#preface = length < preface.length ? came : undefined;
    return this.#preface ? Buffer.alloc(0) : came.subarray(preface.length);
  }

  #take(frame: Http2Frame): void {
    this.#countIdle(frame);
    if (!this.peer.known && frame.type !== frameType.settings)
      throw protocolError('3.4', 'the first frame is not SETTINGS');
    if (this.#blocks.open && frame.type !== frameType.continuation)
      throw protocolError('6.10', 'a header block is interrupted by another frame');
    switch (frame.type) {
      case frameType.data:
        return this.#takeData(frame);
      case frameType.headers:
      case frameType.continuation: {
        const block = this.#blocks.take(frame);
        if (block) this.#takeFields(frame.stream, block.fields, block.end);
        return;
      }
      case frameType.rstStream:
        return this.#takeReset(frame);
      case frameType.settings:
        return this.#takeSettings(frame);
      case frameType.pushPromise:
        throw protocolError('8.4', 'PUSH_PROMISE came, which was not enabled');
      case frameType.ping:
        return this.#takePing(frame);
      case frameType.goAway:
        return this.#takeGoAway(frame);
      case frameType.windowUpdate:
        return this.#takeWindowUpdate(frame);
    }
  }

  #countIdle(frame: Http2Frame): void {
    // DATA that is padding alone carries nothing either.
    if (frame.type === frameType.data && withoutPadding(frame).length > 0) return;
    // What a WebSocket does in earnest opens windows, too.
    if (frame.type === frameType.windowUpdate && this.#queues.size > 0) return;
    if (++this.#idleFrames > mostIdleFrames)
      throw new Http2Error(
        'ENHANCE_YOUR_CALM',
        '10.5 of RFC 9113',
        `more than ${mostIdleFrames} idle frames came`,
      );
  }

  #takeData(frame: Http2Frame): void {
    const octets = frame.payload.length;
    if (octets > this.#receiveWindow)
      throw new Http2Error(
        'FLOW_CONTROL_ERROR',
        '6.9.1 of RFC 9113',
        'DATA overruns the window of the connection',
      );
    this.#receiveWindow -= octets;
    const data = withoutPadding(frame);
    const stream = this.#streams.get(frame.stream);
    if (!stream) {
      this.#checkWasOpen(frame.stream);
      this.#owe(octets);
      return;
    }
    if (stream.endReceived)
      throw new Http2Error('STREAM_CLOSED', '5.1 of RFC 9113', 'DATA came after END_STREAM');
    if (octets > stream.receiveWindow)
      throw new Http2Error(
        'FLOW_CONTROL_ERROR',
        '6.9.1 of RFC 9113',
        'DATA overruns the window of its stream',
      );
    stream.receiveWindow -= octets;
    if (octets > 0) stream.arrive({ data, octets });
    if (frame.flags & flag.endStream) stream.arrive({ end: true });
  }

  /** A stream that is not known (any more) may have been reset by this side, while the other was still sending. */
  #checkWasOpen(id: number): void {
    const isOwn = id % 2 === this.#nextStream % 2;
    if (id === 0 || (isOwn ? id >= this.#nextStream : id > this.#latestOfPeer))
      throw protocolError('5.1', `a frame came on stream ${id}, which was never opened`);
  }

  #takeFields(id: number, fields: readonly Field[], end: boolean): void {
    let stream = this.#streams.get(id);
    if (stream) stream.arrive({ fields });
    else if (id % 2 === this.#nextStream % 2 || id <= this.#latestOfPeer) return this.#checkWasOpen(id);
    else if (this.#options.role === 'client') throw protocolError('5.1.1', `the server opened stream ${id}`);
    else {
      this.#latestOfPeer = id;
      stream = new Http2Stream(this);
      this.#adopt(id, stream);
      this.#options.onStream?.(stream, fields);
    }
    if (end) stream.arrive({ end: true });
  }

  #takeReset({ stream: id, payload }: Http2Frame): void {
    if (payload.length !== 4) throw sizeError('6.4', 'RST_STREAM');
    const stream = this.#streams.get(id);
    if (!stream) return this.#checkWasOpen(id);
    stream.arriveReset(new StreamReset(nameOfCode(payload.readUInt32BE(0)), 'RST_STREAM'));
  }

  #takeSettings(frame: Http2Frame): void {
    const before = this.peer.initialWindow;
    if (!this.peer.take(frame)) return;
    const wider = this.peer.initialWindow - before;
    for (const stream of this.#streams.values()) {
      stream.sendWindow += wider;
      if (stream.sendWindow > largestWindow) throw tooWide('SETTINGS');
    }
    if (this.socket.writableLength <= mostUnread)
      this.#send({ type: frameType.settings, flags: flag.ack, stream: 0, payload: Buffer.alloc(0) });
    this.#options.onSettings?.();
    if (wider > 0) this.#pumpAll();
  }

  #takePing({ flags, payload }: Http2Frame): void {
    if (payload.length !== 8) throw sizeError('6.7', 'PING');
    if (flags & flag.ack || this.socket.writableLength > mostUnread) return;
    this.#send({ type: frameType.ping, flags: flag.ack, stream: 0, payload });
  }

  #takeGoAway({ payload }: Http2Frame): void {
    if (payload.length < 8) throw sizeError('6.8', 'GOAWAY');
    const latest = payload.readUInt32BE(0) % 2 ** 31;
    this.#goneAway = new StreamReset(nameOfCode(payload.readUInt32BE(4)), 'GOAWAY');
    for (const [id, stream] of [...this.#streams])
      if (id > latest && id % 2 === this.#nextStream % 2) stream.arriveReset(this.#goneAway);
  }

  #takeWindowUpdate({ stream: id, payload }: Http2Frame): void {
    if (payload.length !== 4) throw sizeError('6.9', 'WINDOW_UPDATE');
    const octets = payload.readUInt32BE(0) % 2 ** 31;
    const stream = this.#streams.get(id);
    if (!stream && id !== 0) return this.#checkWasOpen(id);
    if (octets === 0) throw protocolError('6.9', 'WINDOW_UPDATE opens the window by nothing');
    if (stream) stream.sendWindow += octets;
    else this.#sendWindow += octets;
    if ((stream?.sendWindow ?? this.#sendWindow) > largestWindow) throw tooWide('WINDOW_UPDATE');
    if (stream) this.#pump(stream);
    else this.#pumpAll();
  }

  #whyOver(): Error | undefined {
    return this.#over ? (this.#failure ?? new Error('the HTTP/2 connection is over')) : undefined;
  }

  #lose(error?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = error;
    for (const stream of [...this.#streams.values()]) stream.lose(error ?? this.#goneAway);
    this.#options.onClose?.();
  }
}

function protocolError(section: string, text: string): Http2Error {
  return new Http2Error('PROTOCOL_ERROR', `${section} of RFC 9113`, text);
}

function tooWide(frame: string): Http2Error {
  return new Http2Error('FLOW_CONTROL_ERROR', '6.9.1 of RFC 9113', `${frame} opens a window too far`);
}

function sizeError(section: string, frame: string): Http2Error {
  return new Http2Error('FRAME_SIZE_ERROR', `${section} of RFC 9113`, `${frame} has a wrong length`);
}
