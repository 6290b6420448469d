import type { Socket } from 'node:net';
import { reset } from './reset.ts';

/** As the actor sees it: `sent` to the server, `received` from the server. */
export type Direction = 'sent' | 'received';

export interface Allowance {
  /** Absent: octets count whichever way they go. */
  direction?: Direction;
  octets: number;
}

/** How a path is disturbed; shared by all connections of a relay and read whenever something is to pass. */
export interface PathState {
  halted: boolean;
  latencyMs: number;
  octetsPerSecond: number;
  sliceEvery: number;
  /** What may still pass, in one direction or in both together, before everything is cut. */
  allowance?: Allowance;
}

export interface PipeOptions {
  direction: Direction;
  state: PathState;
  observe: (event: { type: 'passed' | 'ended' | 'reset'; direction: Direction; octets?: number }) => void;
  /** Called with all octets, before they are handed on. */
  watch?: (octets: Buffer) => void;
  /** The allowance is used up, and the last octets of it were handed on. */
  spent: () => void;
}

type Held = { octets: Buffer; since: number } | { sign: 'end' | 'reset'; since: number };

/** So much is held in memory before the sender is made to wait. */
const mostHeld = 256 * 1024;

/** A receiver in this process reads so many slices one by one, each before the next is written. */
const slicesApart = 8;
/** And those that follow too, as long as that takes no longer. The rest is written in a row, a packet for each. */
const mostSlicingMs = 200;

/** Carries octets, the half-close and the reset of one socket to another, in order. */
export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #options: PipeOptions;
  #held: Held[] = [];
  #octetsHeld = 0;
  /** The rate limit lets the next octet pass at this time. */
  #freeAt = 0;
  #waiting: 'drain' | 'timer' | 'turn' | undefined;
  /** Slices that were handed on since nothing was held, and when the first of them was. */
  #slices = 0;
  #slicingSince = 0;
  /** Whether the event loop has just polled, so that it polls again before the next `setImmediate`. */
  #hasPolled = false;
  #timer: NodeJS.Timeout | undefined;

  /** Both sockets must be connected; `from` starts to flow. */
  constructor(from: Socket, to: Socket, options: PipeOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
    from.on('data', (octets: Buffer) => {
      options.watch?.(octets);
      this.#take({ octets, since: performance.now() });
    });
    from.once('end', () => this.#take({ sign: 'end', since: performance.now() }));
    from.once('error', () => this.#take({ sign: 'reset', since: performance.now() }));
    to.on('drain', () => this.#wake('drain'));
    to.once('close', () => this.drop());
    from.resume();
  }

  get busy(): boolean {
    return this.#held.length > 0;
  }

  /** Forgets what is held: there is nobody left to hand it to. */
  drop(): void {
    this.#held = [];
    this.#octetsHeld = 0;
    clearTimeout(this.#timer);
    // Whatever still comes is read and thrown away, so that the other side's end is noticed.
    if (!this.#from.destroyed) this.#from.resume();
  }

  /** Hands on as much as the state of the path allows now, and arranges for the rest. */
  pump(): void {
    if (this.#waiting === 'timer') {
      clearTimeout(this.#timer);
      this.#waiting = undefined;
    }
    while (this.#waiting === undefined) {
      const next = this.#held[0];
      if (next === undefined) this.#slices = 0;
      if (next === undefined || this.#options.state.halted || this.#isSpent()) return;
      const wait = this.#dueIn(next);
      if (wait > 0) this.#wait(wait);
      else if ('sign' in next) this.#handOnSign(next.sign);
      else this.#handOn(next);
    }
  }

  #take(held: Held): void {
    if (this.#to.destroyed) return;
    this.#held.push(held);
    if ('octets' in held) {
      this.#octetsHeld += held.octets.length;
      if (this.#octetsHeld > mostHeld) this.#from.pause();
    } else if (held.sign === 'reset' && this.#waiting === 'drain' && !this.#options.state.halted) {
      // The receiver does not read, so what stands before the reset may never pass.
      this.#handOnSign('reset');
      return;
    }
    this.pump();
  }

  /** The last octets that may pass are on their way; the cut follows them. */
  #isSpent(): boolean {
    const allowance = this.#allowance;
    return allowance !== undefined && allowance.octets <= 0;
  }

  get #allowance(): Allowance | undefined {
    const { direction, state } = this.#options;
    const { allowance } = state;
    return (allowance?.direction ?? direction) === direction ? allowance : undefined;
  }

  #dueIn(next: Held): number {
    const { latencyMs, octetsPerSecond } = this.#options.state;
    if (latencyMs === 0 && octetsPerSecond === Infinity) return 0;
    const rated = octetsPerSecond === Infinity ? 0 : this.#freeAt;
    return Math.max(next.since + latencyMs, rated) - performance.now();
  }

  #handOn(next: { octets: Buffer; since: number }): void {
    const { direction, state, observe, spent } = this.#options;
    const { sliceEvery, octetsPerSecond } = state;
    const allowance = this.#allowance;
    // At a limited rate the octets go in twentieths of a second's worth, not in one lump.
    const portion = octetsPerSecond === Infinity ? Infinity : Math.max(1, Math.floor(octetsPerSecond / 20));
    const most = Math.min(sliceEvery, portion, allowance?.octets ?? Infinity);
    const octets = next.octets.subarray(0, most);
    if (octets.length === next.octets.length) this.#held.shift();
    else next.octets = next.octets.subarray(octets.length);
    this.#octetsHeld -= octets.length;
    if (this.#octetsHeld <= mostHeld / 2 && this.#from.isPaused()) this.#from.resume();
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (octets.length / octetsPerSecond) * 1000;

    observe({ type: 'passed', direction, octets: octets.length });
    if (allowance) allowance.octets -= octets.length;
    const last = allowance !== undefined && allowance.octets <= 0;
    if (last) {
      this.#waiting = 'turn';
      this.#to.write(octets, () =>
        afterPoll(() => {
          if (state.allowance === allowance) spent();
          this.#wake('turn');
        }),
      );
    } else if (!this.#to.write(octets)) this.#waiting = 'drain';
    else if (sliceEvery !== Infinity) this.#pauseAfterSlice();
  }

  #pauseAfterSlice(): void {
    if (this.#slices++ === 0) this.#slicingSince = performance.now();
    if (this.#slices > slicesApart && performance.now() - this.#slicingSince > mostSlicingMs) return;
    this.#waiting = 'turn';
    const goOn = () => {
      this.#hasPolled = true;
      this.#wake('turn');
      this.#hasPolled = false;
    };
    if (this.#hasPolled) setImmediate(goOn);
    else afterPoll(goOn);
  }

  #handOnSign(sign: 'end' | 'reset'): void {
    this.#held.shift();
    this.#options.observe({ type: sign === 'end' ? 'ended' : 'reset', direction: this.#options.direction });
    if (sign === 'end') this.#to.end();
    else {
      this.drop();
      reset(this.#to);
    }
  }

  #wait(milliseconds: number): void {
    this.#waiting = 'timer';
    this.#timer = setTimeout(() => this.#wake('timer'), Math.ceil(milliseconds));
  }

  #wake(from: 'drain' | 'timer' | 'turn'): void {
    if (this.#waiting !== from) return;
    this.#waiting = undefined;
    this.pump();
  }
}

/**
 * Calls back when the event loop has polled once more, so that a receiver in this process has read what was
 * written: slices are not joined, and a reset does not overtake the octets before it.
 */
function afterPoll(callback: () => void): void {
  setImmediate(() => setImmediate(callback));
}
