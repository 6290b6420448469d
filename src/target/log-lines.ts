const mostLines = 2000;
const longestLine = 2000;

/** A line that a server logged. */
export interface LogLine {
  /** When it came, as `Date.now()`. */
  time: number;
  text: string;
}

/** The last lines that a server logged, with the time each of them came. Bounded whatever the server writes. */
export class LogLines {
  #lines: LogLine[] = [];
  #rest = '';

  /** Takes what came, cut anywhere. */
  take(chunk: string): void {
    const parts = (this.#rest + chunk).split('\n');
    this.#rest = (parts.pop() ?? '').slice(-longestLine);
    const time = Date.now();
    for (const text of parts) this.#lines.push({ time, text: text.replace(/\r$/, '').slice(0, longestLine) });
    if (this.#lines.length > mostLines) this.#lines = this.#lines.slice(-mostLines);
  }

  /** Lines since that time, the last 200 of them. */
  since(time: number): LogLine[] {
    const lines = this.#lines.filter((line) => line.time >= time);
    const rest = this.#rest === '' ? [] : [{ time: Date.now(), text: this.#rest }];
    return [...lines, ...rest].slice(-200);
  }

  last(count: number): string[] {
    return this.since(0)
      .map(({ text }) => text)
      .slice(-count);
  }
}
