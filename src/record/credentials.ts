import type { Range } from './secrets.ts';

/** Elements whose content authenticates: SASL (RFC 6120 section 6.4, XEP-0388), XEP-0077 and XEP-0078. */
const elements = [
  'auth',
  'response',
  'challenge',
  'success',
  'initial-response',
  'additional-data',
  'password',
  'digest',
];

// `[^<>]` and not `[^>]`: a server that sends nothing but `<auth` must not make this take quadratic time.
const startTag = new RegExp(`<(?:[\\w.-]{1,64}:)?(?:${elements.join('|')})(?:[\\s/][^<>]*)?>`, 'g');
const header =
  /(?<![\w-])(?:(?:proxy-)?authorization|(?:set-)?cookie2?)\\?["']?[ \t]*:[ \t]*("(?:[^"\\\r\n]|\\.)*"|[^\s][^\r\n]*)/gi;
const elementPath = new RegExp(`/(?:${elements.join('|')})(?:\\[\\d+\\])?/text\\(\\)$`);

/**
 * Where octets authenticate somebody, by what stands around them: the content of SASL elements, and of the headers
 * that carry credentials. `open`: the last element is not closed, so that its content goes on after the end.
 */
export function findCredentials(octets: string): { ranges: Range[]; open: boolean } {
  const ranges: Range[] = [];
  let open = false;
  for (const tag of octets.matchAll(startTag)) {
    if (tag[0].endsWith('/>')) continue;
    const start = tag.index + tag[0].length;
    // An element, or a CDATA section, within it is content too.
    const close = octets.indexOf('</', start);
    const end = close < 0 ? octets.length : close;
    open ||= close < 0;
    if (!/^\s*=?\s*$/.test(octets.slice(start, Math.min(end, start + 64)))) ranges.push({ start, end });
    if (close < 0) break;
  }
  for (const field of octets.matchAll(header)) {
    const value = field[1] ?? '';
    const end = field.index + field[0].length;
    ranges.push({ start: end - value.length, end });
  }
  return { ranges, open };
}

/** Whether a difference at this path is one in the content of an element that authenticates. */
export function isCredentialPath(path: string): boolean {
  return elementPath.test(path);
}
