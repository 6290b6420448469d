import type { Socket } from 'node:net';

/** Rounds of the event loop without a byte after which nothing is under way on the loopback interface. */
const quietRounds = 20;

/**
 * Knows whether the server is at rest: no byte moves on its sockets, and nothing that it began (hashing, an
 * answer that a fault holds back) is unfinished.
 */
export class Activity {
  readonly #sockets = new Set<Socket>();
  #unfinished = 0;
  #events = 0;

  /** Counts the bytes that move on the socket, until it is closed. */
  watch(socket: Socket): void {
    this.#sockets.add(socket);
    this.#events++;
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#events++;
    });
  }

  /** Takes note of something that moves no bytes but shows that the server is busy. */
  note(): void {
    this.#events++;
  }

  /** The server is busy until the returned function is called. */
  begin(): () => void {
    this.#unfinished++;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#unfinished--;
      this.#events++;
    };
  }

  /** The server is busy until the promise is settled. */
  async during<T>(work: Promise<T>): Promise<T> {
    const end = this.begin();
    try {
      return await work;
    } finally {
      end();
    }
  }

  /**
   * Resolves when the server has nothing more to say. `othersAreBusy` is asked in each round: while a client is at work
   * in this process, the server is quiet only because it waits for that.
   */
  async settled(othersAreBusy: () => boolean = () => false): Promise<void> {
    let seen = this.#traces();
    for (let quiet = 0; quiet < quietRounds; quiet++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const now = this.#traces();
      if (now !== seen || this.#unfinished > 0 || othersAreBusy()) quiet = 0;
      seen = now;
    }
  }

  /** A number that changes whenever something happens. */
  #traces(): number {
    let sum = this.#events;
    for (const socket of this.#sockets) sum += socket.bytesRead + socket.bytesWritten;
    return sum;
  }
}
