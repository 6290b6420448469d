import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Activity } from './activity.ts';

/** A TCP port on 127.0.0.1: the first time one that is free, later the same again. */
export class Port {
  readonly host = '127.0.0.1';
  readonly #accept: (socket: Socket) => void;
  readonly #activity: Activity;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #number = 0;
  /** Connections that came while the server pauses. */
  #waiting: Socket[] | undefined;

  private constructor(activity: Activity, accept: (socket: Socket) => void) {
    this.#activity = activity;
    this.#accept = accept;
  }

  /** Opens a port. Every connection is handed to `accept`, which has to listen to its errors. */
  static async open(activity: Activity, accept: (socket: Socket) => void): Promise<Port> {
    const port = new Port(activity, accept);
    await port.reopen();
    return port;
  }

  get number(): number {
    return this.#number;
  }

  /** Listens again after `shut()`. */
  async reopen(): Promise<void> {
    const server = await this.#listen();
    this.#number = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** After a restart somebody may have been given the number for a moment: it is asked for again. */
  async #listen(attempts = 100): Promise<Server> {
    const server = createServer({ noDelay: true }, (socket) => this.#receive(socket));
    server.listen(this.#number, this.host);
    try {
      await once(server, 'listening');
      return server;
    } catch (error) {
      if (attempts === 1) throw error;
      await new Promise((resolve) => setImmediate(resolve));
      return this.#listen(attempts - 1);
    }
  }

  /** Listens no more; connections stay. */
  shut(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** Takes connections, and lets them wait. */
  pause(): void {
    this.#waiting ??= [];
  }

  resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const socket of waiting) this.#accept(socket);
  }

  /** Cuts all connections off; resolves when none is left. */
  async cutOff(): Promise<void> {
    const closings = [...this.#sockets].map((socket) => once(socket, 'close'));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closings);
  }

  #receive(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#activity.watch(socket);
    // What went wrong with a connection shows in its end.
    socket.on('error', () => {});
    if (this.#waiting) this.#waiting.push(socket);
    else this.#accept(socket);
  }
}
