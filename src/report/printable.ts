/** Control characters, line separators, lone surrogates, what is no character, and all that formats text or takes no room itself. */
const unprintable =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * What GitHub Actions obeys where a step prints it: `::add-mask::x` at the beginning of a line, white space or not, and
 * `##[add-mask]x` anywhere. The first character becomes an escape.
 */
const workflowCommand = /(?<=^\s*):(?=:[a-z][a-z-]*(?:\s.*)?::)|#(?=#\[)/gim;

/**
 * Text from a server made safe for a terminal, and for the log of a CI step: control characters, escape sequences,
 * bidirectional and invisible formatting show as escapes, so that they can be read and do nothing. Line feeds and tabs
 * stay.
 */
export function printable(text: string): string {
  return text
    .replace(unprintable, (character) => {
      if (character === '\n' || character === '\t') return character;
      return character === '\r' ? '\\r' : escapeOf(character);
    })
    .replace(workflowCommand, escapeOf);
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** One line of it, cut to so many columns of a terminal: wide characters count as two. */
export function oneLine(text: string, width: number): string {
  // Beyond this nothing can be shown, even where most of it is white space around line feeds.
  const beginning = text.slice(0, width * 16);
  const line = beginning
    .split('\n')
    .map((one) => printable(one.replaceAll('\t', ' ')).trim())
    .filter((one) => one !== '')
    .join(' ');
  return cutToWidth(line, width, beginning.length < text.length);
}

function cutToWidth(line: string, width: number, isCut: boolean): string {
  let used = 0;
  let end = 0;
  let fits = 0;
  for (const character of line) {
    // Some characters beyond this are narrow; to count them as wide only cuts a little early.
    used += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
    if (used > width) return `${line.slice(0, fits)}…`;
    end += character.length;
    if (used < width) fits = end;
  }
  return isCut ? `${line.slice(0, fits)}…` : line;
}
