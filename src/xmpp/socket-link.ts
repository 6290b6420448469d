import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  finishHandshake,
  startHandshake,
  TlsHandshakeError,
  type TlsOptions,
  TlsVerificationError,
} from '../tls/tls.ts';
import { type HowEnded, howFailed, type Link, type LinkHandlers, slicesOf } from './link.ts';

/** Connects by TCP; the own half stays open when the other ends. Rejects with the reason why it cannot be, or why it was aborted. */
export function connectTcp(host: string, port: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // Whoever takes the socket over listens for errors of its own; in between there may be one all the same.
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true }).on('error', ignore);
    const settle = (act: () => void) => {
      socket.off('connect', onConnect).off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const onConnect = () => settle(() => resolve(socket));
    const onError = (error: Error) => settle(() => reject(error));
    const onAbort = () =>
      settle(() => {
        socket.destroy();
        reject(signal?.reason);
      });
    socket.on('connect', onConnect).on('error', onError);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Brings a connected socket under TLS. Rejects, with the socket destroyed, where there can be none. */
export async function secureSocket(
  socket: Socket,
  options: TlsOptions,
  host: string,
  handlers: Pick<LinkHandlers, 'onTls' | 'onSession'>,
  signal?: AbortSignal,
): Promise<TLSSocket> {
  const tlsSocket = startHandshake(socket, options, host).on('error', ignore);
  if (handlers.onSession) tlsSocket.on('session', handlers.onSession);
  const onAbort = () => tlsSocket.destroy();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    const facts = await finishHandshake(tlsSocket);
    handlers.onTls(facts);
    if (!facts.authorized) throw new TlsVerificationError(facts, options.servername ?? host);
    return tlsSocket;
  } catch (error) {
    tlsSocket.destroy();
    socket.destroy();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Ends a connection with RST at once; what was still to be written is lost. */
export function resetSocket(socket: Socket, top: Socket = socket): void {
  // resetAndDestroy would first write what is waiting, for ever if the peer does not read, and send a FIN.
  Object.assign(socket, { resetAndClosing: true });
  top.destroy();
}

/**
 * Node.js announces an end also where an RST came together with data. Calls back where it was an end; where it was
 * not, the socket announces an error. What cannot be told, and counts as an end, is an RST that comes while octets
 * still wait to be sent, or after an end.
 */
function whenNotReset(socket: Socket, top: Socket, then: () => void): void {
  // Writing nothing sends nothing, below TLS neither, and fails where the connection was reset. It must not wait
  // behind other writes.
  const canTell = socket.writable && socket.writableLength === 0 && top.writableLength === 0;
  if (!canTell) return then();
  socket.write('', (error) => {
    if (!error) then();
  });
}

/** A stream over TCP, and over TLS once it is secured. */
export class SocketLink implements Link {
  readonly framed = false;
  readonly socket: Socket;
  readonly #handlers: LinkHandlers;
  #tlsSocket: TLSSocket | undefined;
  #ended = false;

  constructor(socket: Socket, tlsSocket: TLSSocket | undefined, handlers: LinkHandlers) {
    this.socket = socket;
    this.#tlsSocket = tlsSocket;
    this.#handlers = handlers;
    this.#listen(tlsSocket ?? socket);
  }

  get tlsSocket(): TLSSocket | undefined {
    return this.#tlsSocket;
  }

  get #top(): Socket {
    return this.#tlsSocket ?? this.socket;
  }

  /** Goes on under TLS (RFC 6120 section 5.4.3.3). Rejects, with the connection destroyed, where it cannot. */
  async secure(options: TlsOptions, host: string, signal?: AbortSignal): Promise<void> {
    this.#deafen(this.socket);
    try {
      this.#tlsSocket = await secureSocket(this.socket, options, host, this.#handlers, signal);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      if (failure instanceof TlsHandshakeError && failure.code === 'ERR_SSL_WRONG_VERSION_NUMBER')
        this.#handlers.onNoTls?.();
      this.#finish(signal?.aborted ? 'local' : howFailed(failure), failure);
      throw error;
    }
    this.#listen(this.#tlsSocket);
  }

  write(bytes: Buffer, every?: number): void {
    if (this.#ended || !this.#top.writable) return;
    for (const slice of slicesOf(bytes, every)) {
      this.#top.write(slice);
      this.#handlers.onSent(slice);
    }
  }

  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ended || !this.#top.writable) resolve();
      else this.#top.write('', () => resolve());
    });
  }

  end(): void {
    this.#top.end();
  }

  reset(): void {
    this.#finish('local');
    resetSocket(this.socket, this.#top);
  }

  destroy(): void {
    this.#finish('local');
    this.#top.destroy();
  }

  pause(): void {
    this.#top.pause();
  }

  resume(): void {
    this.#top.resume();
  }

  readonly #onData = (bytes: Buffer) => this.#handlers.onData(bytes);
  readonly #onEnd = () => {
    const top = this.#top;
    whenNotReset(this.socket, top, () => {
      this.#finish('end');
      top.end();
    });
  };
  readonly #onError = (error: Error) => this.#finish(howFailed(error), error);
  readonly #onClose = () => this.#finish('end');

  #listen(socket: Socket): void {
    socket
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('error', this.#onError)
      .on('close', this.#onClose);
    if (socket.destroyed)
      queueMicrotask(() => this.#finish(socket.errored ? howFailed(socket.errored) : 'end'));
  }

  #deafen(socket: Socket): void {
    socket
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', this.#onError)
      .off('close', this.#onClose);
  }

  #finish(how: HowEnded, error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#handlers.onEnded(how, error);
  }
}

function ignore(): void {}
