import type { Writable } from 'node:stream';
import { oneLine } from './printable.ts';

/** What is written to: a terminal, a file, a pipe. */
export type Output = Writable & { isTTY?: boolean | undefined; columns?: number | undefined };

/** At most so often is the line drawn anew, in milliseconds. */
const redrawEvery = 100;

/**
 * The last line of a terminal, drawn in place. Whoever else writes to the terminal while it stands there (through
 * one of the `others`, or the output itself) finds it erased first.
 */
export class LiveLine {
  readonly #output: Output;
  readonly #others: readonly Output[];
  #restore: (() => void)[] = [];
  #drawn = false;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #next: (() => string) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output, others: readonly Output[] = []) {
    this.#output = output;
    this.#others = others;
  }

  /** Draws the line now, or a moment later where it was drawn just before; then only the latest is drawn. */
  draw(text: () => string): void {
    this.#next = text;
    if (this.#timer) return;
    const wait = this.#drawnAt + redrawEvery - performance.now();
    if (wait <= 0) this.#drawNow();
    else {
      this.#timer = setTimeout(() => this.#drawNow(), wait);
      // Progress is no reason to keep the process alive.
      this.#timer.unref();
    }
  }

  /** Takes the line away, and whatever was still to be drawn. */
  erase(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = undefined;
    this.#clear();
  }

  #drawNow(): void {
    this.#timer = undefined;
    const text = this.#next?.();
    if (text === undefined) return;
    this.#next = undefined;
    this.#drawnAt = performance.now();
    this.#clear();
    // The last column stays free: some terminals wrap as soon as it is written.
    this.#output.write(oneLine(text, Math.max(1, (this.#output.columns || 80) - 1)));
    this.#drawn = true;
    this.#watch();
  }

  #clear(): void {
    if (!this.#drawn) return;
    this.#drawn = false;
    for (const restore of this.#restore) restore();
    this.#restore = [];
    this.#output.write('\r\x1b[2K');
  }

  /** As long as the line stands, a write by anybody erases it first. */
  #watch(): void {
    for (const stream of new Set([this.#output, ...this.#others])) {
      const write = stream.write;
      const wrapped: typeof write = (...words: unknown[]) => {
        this.#clear();
        return Reflect.apply(write, stream, words) as boolean;
      };
      stream.write = wrapped;
      this.#restore.push(() => {
        // Somebody may have wrapped it once more since; then theirs stays, and ours does nothing any longer.
        if (stream.write !== wrapped) return;
        if (Object.getPrototypeOf(stream).write === write) Reflect.deleteProperty(stream, 'write');
        else stream.write = write;
      });
    }
  }
}
