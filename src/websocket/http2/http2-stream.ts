import { Duplex } from 'node:stream';
import type { Field } from './hpack.ts';
import type { ErrorCode, StreamReset } from './http2-error.ts';

/** What a stream asks of its connection. */
export interface StreamCarrier {
  /** Sends the fields; the first ones of a client's stream open it, which gives it its number. */
  sendFields(stream: Http2Stream, fields: readonly Field[], end: boolean): void;
  /** Sends as much as flow control lets pass now, and the rest later; calls back when all has left. */
  sendData(stream: Http2Stream, octets: Buffer, end: boolean, done: (error?: Error) => void): void;
  sendReset(stream: Http2Stream, code: ErrorCode): void;
  /** So many octets were read: the window may open again. */
  consumed(stream: Http2Stream, octets: number): void;
  forget(stream: Http2Stream): void;
}

/** What may stand between `push` and whoever reads, before the window stays shut, in octets. */
const highWaterMark = 65_536;

/**
 * One stream, as though it were a TCP connection (RFC 8441 section 5): END_STREAM is its end, RST_STREAM its reset.
 * Emits `fields` with the fields of each header block that comes.
 */
export class Http2Stream extends Duplex {
  /** Undefined until it is opened. */
  id: number | undefined;
  /** What may still be sent before the other side opens the window further. */
  sendWindow = 0;
  /** What the other side may still send. */
  receiveWindow = 0;
  /** By how much that window is to be opened again. */
  owed = 0;
  readonly #carrier: StreamCarrier;
  /** Octets that were announced to nobody yet, since the reader is full. */
  #unread = 0;
  #endSent = false;
  #endReceived = false;
  #isReset = false;

  constructor(carrier: StreamCarrier) {
    super({ highWaterMark, allowHalfOpen: true });
    // What went wrong shows in its end, too.
    this.on('error', () => undefined);
    this.#carrier = carrier;
  }

  sendFields(fields: readonly Field[], { end = false } = {}): void {
    if (this.destroyed) return;
    this.#endSent ||= end;
    this.#carrier.sendFields(this, fields, end);
  }

  /** Ends both halves by RST_STREAM, at once. */
  reset(code: ErrorCode = 'CANCEL'): void {
    if (this.#isReset || this.destroyed) return;
    this.#isReset = true;
    this.#carrier.sendReset(this, code);
    this.destroy();
  }

  /** For the connection: what came on this stream. */
  arrive(event: { fields: readonly Field[] } | { data: Buffer; octets: number } | { end: true }): void {
    if (this.destroyed) return;
    if ('fields' in event) this.emit('fields', event.fields);
    else if ('data' in event) this.#arriveData(event.data, event.octets);
    else {
      this.#endReceived = true;
      this.push(null);
    }
  }

  /** For the connection: the other side reset the stream. What was ended before stays ended in order. */
  arriveReset(error: StreamReset): void {
    this.#isReset = true;
    if (this.#endReceived) this.destroy();
    else this.destroy(error);
  }

  /** For the connection: it is over, and this stream with it. */
  lose(error = new Error('the HTTP/2 connection ended')): void {
    this.#isReset = true;
    this.destroy(this.#endReceived ? undefined : error);
  }

  get endReceived(): boolean {
    return this.#endReceived;
  }

  #arriveData(data: Buffer, octets: number): void {
    // Padding counts in flow control, and is read by nobody.
    const padding = octets - data.length;
    if (this.push(data)) this.#carrier.consumed(this, octets);
    else {
      this.#unread += data.length;
      if (padding > 0) this.#carrier.consumed(this, padding);
    }
  }

  override _read(): void {
    const octets = this.#unread;
    this.#unread = 0;
    if (octets > 0) this.#carrier.consumed(this, octets);
  }

  override _write(octets: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (octets.length === 0) done();
    else this.#carrier.sendData(this, octets, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#endSent || this.#isReset) return done();
    this.#endSent = true;
    this.#carrier.sendData(this, Buffer.alloc(0), true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isReset && this.id !== undefined) this.#leave();
    this.#carrier.forget(this);
    done(error);
  }

  /** A side that goes away in good order ends its half; with something unfinished it resets the stream. */
  #leave(): void {
    if (this.#endReceived && this.#endSent) return;
    if (this.#endReceived && this.writableLength === 0) {
      this.#endSent = true;
      this.#carrier.sendData(this, Buffer.alloc(0), true, () => undefined);
    } else this.#carrier.sendReset(this, 'CANCEL');
  }
}
