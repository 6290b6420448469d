import type { Duplex } from 'node:stream';
import type { Deflater } from './deflate.ts';
import type { Wire } from './dial.ts';
import { encodeMessage, type MessageForm } from './message-frames.ts';

export interface OutgoingHandlers {
  /** Called with all that is written, in clear, just before. */
  onWrite(octets: Buffer): void;
  /** What was to be sent cannot be. */
  onError(error: Error): void;
}

/** What goes out on one connection: in the order in which it was asked for, and no faster than TCP takes it. */
export class Outgoing {
  readonly #wire: Wire;
  readonly #handlers: OutgoingHandlers;
  /** What is being compressed, or is too large to be sent at once, and all that is to be sent after it. */
  #waiting: Promise<void> | undefined;
  #toDeflate = 0;

  constructor(wire: Wire, handlers: OutgoingHandlers) {
    this.#wire = wire;
    this.#handlers = handlers;
  }

  /** Messages are being compressed, or are to be. */
  get isDeflating(): boolean {
    return this.#toDeflate > 0;
  }

  /** Writes octets as they are; `every` cuts them into writes of so many. Dropped when the connection is over. */
  write(octets: Buffer, every?: number): void {
    this.inOrder(() => this.#write(octets, every));
  }

  /** Sends a message as its form says, compressed where there is what compresses it. */
  message(payload: Buffer, form: MessageForm, deflater: Deflater | undefined): void {
    if (!deflater) return this.inOrder(() => this.#send(encodeMessage(payload, form, false)));
    const before = this.#waiting ?? Promise.resolve();
    this.#toDeflate++;
    const deflated = before.then(() => deflater.deflate(payload)).finally(() => this.#toDeflate--);
    this.#queue(deflated.then((octets) => this.#send(encodeMessage(octets, form, true))));
  }

  /** Does it now, or after what is still to be sent. */
  inOrder(work: () => void | Promise<void>): void {
    const later = this.#waiting ? this.#waiting.then(work) : work();
    if (later) this.#queue(later);
  }

  /** Resolves when everything written has left this process, or the connection is over. */
  async flushed(): Promise<void> {
    await this.#waiting;
    const socket = this.#wire.top;
    if (socket.destroyed || socket.writableFinished) return;
    await new Promise<void>((resolve) => {
      const settle = () => {
        socket.off('close', settle).off('finish', settle);
        resolve();
      };
      socket.once('close', settle);
      // 'drain' comes only after a write that was too much.
      if (socket.writableEnded) socket.once('finish', settle);
      else socket.write('', settle);
    });
  }

  #queue(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) => this.#handlers.onError(asError(error)))
      .finally(() => {
        if (this.#waiting === settled) this.#waiting = undefined;
      });
    this.#waiting = settled;
  }

  /** Writes one after another, each when the last one is on its way; returns a promise only where one has to wait. */
  #send(parts: Iterator<Buffer>): Promise<void> | undefined {
    const socket = this.#wire.top;
    for (let next = parts.next(); !next.done; next = parts.next()) {
      if (socket.destroyed || socket.writableEnded) return undefined;
      this.#write(next.value, undefined);
      if (socket.writableNeedDrain) return drained(socket).then(() => this.#send(parts));
    }
    return undefined;
  }

  #write(octets: Buffer, every: number | undefined): void {
    const socket = this.#wire.top;
    if (socket.destroyed || socket.writableEnded) return;
    this.#handlers.onWrite(octets);
    const step = Math.max(1, every ?? octets.length);
    // Writes that wait are otherwise put together, and under TLS into one record.
    if (every !== undefined) Object.assign(socket, { _writev: undefined });
    for (let at = 0; at < octets.length; at += step) socket.write(octets.subarray(at, at + step));
  }
}

/** Resolves when what waits has been sent, or never will be. */
function drained(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.once('drain', settle).once('close', settle);
  });
}

/** A reason as an error, whatever was thrown. */
export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
