/**
 * Text from a server made safe for a terminal: control characters, escape sequences, bidirectional and invisible
 * formatting show as escapes, so that they can be read and do nothing. Line feeds and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu,
    (character) => {
      const code = character.codePointAt(0) ?? 0;
      if (character === '\r') return '\\r';
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
    },
  );
}

/** One line of it, cut to a width. */
export function oneLine(text: string, width: number): string {
  const line = printable(text).replace(/\s*\n\s*/g, ' ');
  return line.length > width ? `${line.slice(0, Math.max(1, width - 1))}…` : line;
}
