import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type RawData, WebSocket } from 'ws';
import { type HowEnded, howFailed, type Link, type LinkHandlers, slicesOf } from './link.ts';
import { resetSocket } from './socket-link.ts';

/** While so much waits to be sent to a server that does not read, its pings go unanswered, in octets. */
const mostUnread = 1_048_576;

export interface WebSocketOptions {
  /** Host and port as the Host header names them. */
  authority: string;
  path: string;
  /** Octets of the largest message taken. */
  maxPayload: number;
}

/** The answer to the opening handshake was not what RFC 7395 section 3.1 wants. */
export class WebSocketRefusedError extends Error {
  override readonly name = 'WebSocketRefusedError';
}

/** A framed stream over a WebSocket (RFC 7395): each write is one text message. */
export class WebSocketLink implements Link {
  readonly framed = true;
  readonly socket: Socket;
  readonly tlsSocket: TLSSocket | undefined;
  readonly #handlers: LinkHandlers;
  readonly #websocket: WebSocket;
  #ended = false;

  private constructor(
    websocket: WebSocket,
    socket: Socket,
    tlsSocket: TLSSocket | undefined,
    handlers: LinkHandlers,
  ) {
    this.socket = socket;
    this.tlsSocket = tlsSocket;
    this.#handlers = handlers;
    this.#websocket = websocket;
    let failure: Error | undefined;
    const onSocketError = (error: Error) => {
      failure = error;
    };
    (tlsSocket ?? socket).on('error', onSocketError);
    websocket.on('ping', (payload) => {
      if (websocket.readyState === WebSocket.OPEN && websocket.bufferedAmount <= mostUnread)
        websocket.pong(payload);
    });
    websocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    websocket.on('error', (error) => {
      failure ??= error;
      // The server may never end the connection after it, whatever it is told.
      if ('code' in error && String(error.code).startsWith('WS_ERR_'))
        handlers.onViolation(`a WebSocket frame that cannot be taken: ${error.message}`);
    });
    websocket.on('close', () => this.#finish(failure ? howFailed(failure) : 'end', failure));
  }

  /** Shakes hands over a connected socket. Rejects with WebSocketRefusedError, or as aborted. */
  static open(
    socket: Socket,
    tlsSocket: TLSSocket | undefined,
    options: WebSocketOptions,
    handlers: LinkHandlers,
    signal?: AbortSignal,
  ): Promise<WebSocketLink> {
    const websocket = new WebSocket(`ws://${options.authority}${options.path}`, ['xmpp'], {
      createConnection: () => tlsSocket ?? socket,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: options.maxPayload,
    });
    // Messages can follow the handshake in the same chunk, so that they must be listened to from the start.
    const link = new WebSocketLink(websocket, socket, tlsSocket, handlers);
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const fail = (error: unknown) =>
        settle(() => {
          link.destroy();
          reject(error);
        });
      const onAbort = () => fail(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted) return onAbort();
      websocket.once('open', () => settle(() => resolve(link)));
      websocket.once('error', (error) =>
        fail(new WebSocketRefusedError(`The WebSocket is not opened: ${error.message}`)),
      );
      websocket.once('close', () =>
        fail(new WebSocketRefusedError('The connection ended during the WebSocket handshake')),
      );
    });
  }

  /** Slices are sent as the fragments of one message. */
  write(bytes: Buffer, every?: number): void {
    if (this.#ended || this.#websocket.readyState !== WebSocket.OPEN) return;
    const slices = slicesOf(bytes, every);
    for (const [index, slice] of slices.entries()) {
      this.#websocket.send(slice, { binary: false, fin: index === slices.length - 1 });
      this.#handlers.onSent(slice);
    }
  }

  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ended) resolve();
      else (this.tlsSocket ?? this.socket).write('', () => resolve());
    });
  }

  end(): void {
    this.#websocket.close();
  }

  reset(): void {
    this.#finish('local');
    resetSocket(this.socket, this.tlsSocket ?? this.socket);
  }

  destroy(): void {
    this.#finish('local');
    this.#websocket.terminate();
    (this.tlsSocket ?? this.socket).destroy();
  }

  pause(): void {
    this.#websocket.pause();
  }

  resume(): void {
    this.#websocket.resume();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#ended) return;
    const bytes = Array.isArray(data)
      ? Buffer.concat(data)
      : Buffer.isBuffer(data)
        ? data
        : Buffer.from(data);
    if (isBinary)
      this.#handlers.onViolation('a binary WebSocket message; RFC 7395 section 3.2 allows text only');
    else this.#handlers.onData(bytes);
  }

  #finish(how: HowEnded, error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#handlers.onEnded(how, error);
  }
}
