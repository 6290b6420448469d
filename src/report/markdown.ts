import { oneLine } from './printable.ts';

const longest = 400;

/**
 * Text of a server or a user as Markdown shows it, to stand within a line or a cell: nothing in it is markup, a link, a
 * mention, the number of an issue or the end of a line.
 */
export function markdownText(text: string, most = longest): string {
  // For the last two GitHub looks through what is shown, where an entity is its character: a space of no width parts them.
  return escaped(text, most).replace(/&#(?:64|35);/g, '$&&#8203;');
}

/** The text in a code span that fits into a cell of a table. HTML's own element: no run of backticks ends it. */
export function code(text: string, most = longest): string {
  return `<code>${escaped(text, most)}</code>`;
}

function escaped(text: string, most: number): string {
  return oneLine(text, most)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]#|~@$]|:(?=\/\/)|(?<=www)\./gi, (character) => `&#${character.charCodeAt(0)};`);
}
