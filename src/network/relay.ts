import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TlsRecords } from '../tls/records.ts';
import { type Direction, type PathState, Pipe } from './pipe.ts';
import { reset } from './reset.ts';

export type { Direction } from './pipe.ts';

/** Something that happened on a relay; `connection` counts from 1 in order of acceptance. */
export interface RelayEvent {
  /** `passed`: octets were handed on; `refused`: the target did not take the connection. */
  type: 'accepted' | 'refused' | 'passed' | 'ended' | 'reset' | 'cut';
  connection: number;
  direction?: Direction;
  /** Of `passed`: how many. */
  octets?: number;
}

export interface RelayOptions {
  observe?: (event: RelayEvent) => void;
}

/**
 * A network path of its own between an actor and a server, which can be disturbed. It listens on a free port
 * of 127.0.0.1 and hands on every connection to the target, octet for octet: half-closes and resets too.
 * Disturbances act on the connections that are open and on those to come, until `restore`.
 */
export class Relay {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #server: Server;
  readonly #observe: (event: RelayEvent) => void;
  readonly #passages = new Set<Passage>();
  #records = new TlsRecords();
  readonly #state: PathState = {
    halted: false,
    latencyMs: 0,
    octetsPerSecond: Infinity,
    sliceEvery: Infinity,
  };
  #target: { host: string; port: number };
  #accepted = 0;
  /** What follows when an allowance was used up, and the path was cut for it. */
  #afterCut: (() => void) | undefined;

  private constructor(server: Server, host: string, port: number, options: RelayOptions) {
    this.#server = server;
    this.#target = { host, port };
    this.#observe = options.observe ?? (() => {});
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => this.#accept(socket));
  }

  /** A relay to that host and port, ready to be connected to. */
  static async listen(host: string, port: number, options: RelayOptions = {}): Promise<Relay> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new Relay(server, host, port, options);
  }

  /** Sends connections that come from now on to another host and port. */
  redirect(host: string, port: number): void {
    this.#target = { host, port };
  }

  /** Whether it holds anything back: octets, or the end of a connection. */
  get busy(): boolean {
    return [...this.#passages].some((passage) => passage.busy);
  }

  /** What came from the server on the latest connection ended with a TLS alert; for TLS from the first octet, up to 1.2. */
  get endedWithAlert(): boolean {
    return this.#records.endedWithAlert;
  }

  /** Resets every connection on both sides (RST). Later connections pass. */
  cut(): void {
    for (const passage of this.#passages) passage.cut();
  }

  /**
   * Lets exactly so many octets more pass in one direction, counted over all connections, then cuts.
   * Directions are the actor's: `sent` to the server, `received` from it.
   */
  cutAfter(octets: number, direction: Direction): void {
    this.#afterCut = undefined;
    this.#state.allowance = { direction, octets };
    if (octets <= 0) this.#spend();
  }

  /**
   * Lets so many octets pass, counted over both directions and all connections, and cuts; then so many more, until
   * every gap was used. Calls back after each cut with how many there were.
   */
  cutAfterEach(gaps: readonly number[], onCut: (cuts: number) => void = () => {}): void {
    let cuts = 0;
    const arm = () => {
      const octets = gaps[cuts];
      if (octets !== undefined) this.#state.allowance = { octets: Math.max(1, octets) };
    };
    this.#afterCut = () => {
      onCut(++cuts);
      arm();
    };
    arm();
  }

  /** Nothing passes and nothing closes; new connections are accepted and stay silent. */
  halt(): void {
    this.#state.halted = true;
  }

  /** Delays every octet, and lets no more than so many pass in a second, each way and on each connection. */
  slow(limits: { latencyMs?: number; bytesPerSecond?: number }): void {
    this.#state.latencyMs = limits.latencyMs ?? 0;
    this.#state.octetsPerSecond = limits.bytesPerSecond ?? Infinity;
  }

  /** Hands on so many octets at a time, each as a packet of its own. */
  slice(size: { every: number }): void {
    this.#state.sliceEvery = Math.max(1, size.every);
  }

  /** Ends every disturbance; what was held back passes at once, in order. */
  restore(): void {
    Object.assign(this.#state, {
      halted: false,
      latencyMs: 0,
      octetsPerSecond: Infinity,
      sliceEvery: Infinity,
    });
    delete this.#state.allowance;
    this.#afterCut = undefined;
    for (const passage of this.#passages) passage.resume();
  }

  /** Frees the port and ends what is still open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const passage of this.#passages) passage.cut();
    await closed;
  }

  #spend(): void {
    delete this.#state.allowance;
    this.cut();
    this.#afterCut?.();
  }

  #accept(actor: Socket): void {
    const connection = ++this.#accepted;
    this.#observe({ type: 'accepted', connection });
    const records = new TlsRecords();
    this.#records = records;
    const passage = new Passage(
      actor,
      () => connect({ ...this.#target, allowHalfOpen: true, noDelay: true }),
      {
        state: this.#state,
        watch: (octets) => records.pass(octets),
        observe: (event) => this.#observe({ ...event, connection }),
        spent: () => this.#spend(),
        gone: () => this.#passages.delete(passage),
      },
    );
    this.#passages.add(passage);
    passage.resume();
  }
}

interface PassageOptions {
  state: PathState;
  /** Called with what comes from the server. */
  watch: (octets: Buffer) => void;
  observe: (event: Omit<RelayEvent, 'connection'>) => void;
  spent: () => void;
  gone: () => void;
}

/** One connection through the relay: two sockets, and a pipe in each direction. */
class Passage {
  readonly #actor: Socket;
  readonly #reach: () => Socket;
  readonly #options: PassageOptions;
  #server: Socket | undefined;
  #pipes: Pipe[] = [];
  #open = 1;

  constructor(actor: Socket, reach: () => Socket, options: PassageOptions) {
    this.#actor = actor;
    this.#reach = reach;
    this.#options = options;
    // Until pipes listen, an error has no other consequence than the closing that follows it.
    actor.on('error', () => {});
    actor.once('close', () => this.#closed());
  }

  get busy(): boolean {
    return this.#pipes.some((pipe) => pipe.busy);
  }

  /** Goes on with whatever a disturbance kept it from: reaching the server, or handing on. */
  resume(): void {
    if (this.#options.state.halted) return;
    if (!this.#server && !this.#actor.destroyed) this.#connect();
    for (const pipe of this.#pipes) pipe.pump();
  }

  cut(): void {
    if (this.#actor.destroyed && (this.#server?.destroyed ?? true)) return;
    this.#options.observe({ type: 'cut' });
    for (const pipe of this.#pipes) pipe.drop();
    reset(this.#actor);
    if (this.#server) reset(this.#server);
  }

  #connect(): void {
    const server = this.#reach();
    this.#server = server;
    this.#open++;
    server.once('close', () => this.#closed());
    let reached = false;
    server.on('error', () => {
      if (reached) return;
      this.#options.observe({ type: 'refused' });
      reset(this.#actor);
    });
    server.once('connect', () => {
      reached = true;
      const { state, watch, observe, spent } = this.#options;
      this.#pipes = [
        new Pipe(this.#actor, server, { direction: 'sent', state, observe, spent }),
        new Pipe(server, this.#actor, { direction: 'received', state, watch, observe, spent }),
      ];
    });
  }

  #closed(): void {
    if (--this.#open > 0) {
      // An actor that is gone before the server was reached leaves nobody to speak for.
      if (this.#pipes.length === 0) this.#server?.destroy();
      return;
    }
    this.#options.gone();
  }
}
