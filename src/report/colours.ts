/** How text is marked on a terminal; plain where colours are not wanted (https://no-color.org). */
export interface Colours {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export function coloursFor(output: { isTTY?: boolean | undefined }, environment = process.env): Colours {
  const forced = environment.FORCE_COLOR !== undefined && environment.FORCE_COLOR !== '0';
  const wanted = forced || (output.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb');
  const mark = (code: number) => (text: string) =>
    wanted ? `\x1b[${code}m${text}\x1b[${code < 10 ? 22 : 39}m` : text;
  return { bold: mark(1), dim: mark(2), red: mark(31), green: mark(32), yellow: mark(33), cyan: mark(36) };
}
