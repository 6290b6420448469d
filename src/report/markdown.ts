import { oneLine } from './printable.ts';

const longest = 400;

/**
 * Text of a server or a user as Markdown shows it, to stand within a line or a cell: nothing in it is markup, a link, a
 * mention or the end of a line.
 */
export function markdownText(text: string, most = longest): string {
  return oneLine(text, most)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]#|~@$]|:(?=\/\/)|(?<=www)\./gi, (character) => `&#${character.charCodeAt(0)};`);
}

/** The text in a code span that fits into a cell of a table. HTML's own element: no run of backticks ends it. */
export function code(text: string, most = longest): string {
  return `<code>${markdownText(text, most)}</code>`;
}
