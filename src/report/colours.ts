/** How text is marked on a terminal; plain where colours are not wanted (https://no-color.org). */
export interface Colours {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  blue(text: string): string;
  magenta(text: string): string;
  cyan(text: string): string;
}

/** FORCE_COLOR decides where it is set, then NO_COLOR, then whether the output is a terminal. */
export function coloursFor(
  output: { isTTY?: boolean | undefined },
  { FORCE_COLOR: force, NO_COLOR: no, TERM: terminal }: NodeJS.ProcessEnv = process.env,
): Colours {
  const usual = output.isTTY === true && !no && terminal !== 'dumb';
  const wanted = force === undefined ? usual : force !== '0' && force !== 'false';
  const mark = (code: number) => (text: string) =>
    wanted ? `\x1b[${code}m${text}\x1b[${code < 10 ? 22 : 39}m` : text;
  return {
    bold: mark(1),
    dim: mark(2),
    red: mark(31),
    green: mark(32),
    yellow: mark(33),
    blue: mark(34),
    magenta: mark(35),
    cyan: mark(36),
  };
}
