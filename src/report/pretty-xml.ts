/** A piece of XML, for colours. */
export interface XmlToken {
  kind: 'tag' | 'name' | 'value' | 'text' | 'other';
  text: string;
}

export interface XmlLine {
  depth: number;
  tokens: XmlToken[];
}

/** Elements deeper than this are shown at this depth. */
const deepest = 12;

/**
 * XML as it passed on the wire, a line for each tag, indented: a piece of a stream, whose elements may begin before or end
 * behind it. What does not look like XML stays as it is. Nothing is added or left out but white space between tags.
 */
export function prettyXml(text: string): XmlLine[] {
  const lines: XmlLine[] = [];
  let depth = 0;
  const pieces = piecesOf(text);
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at] ?? '';
    if (!piece.startsWith('<')) {
      if (piece.trim() !== '') lines.push({ depth: Math.min(depth, deepest), tokens: [plain(piece.trim())] });
      continue;
    }
    if (piece.startsWith('</')) {
      depth = Math.max(0, depth - 1);
      lines.push({ depth: Math.min(depth, deepest), tokens: tagTokens(piece) });
      continue;
    }
    const line: XmlLine = { depth: Math.min(depth, deepest), tokens: tagTokens(piece) };
    lines.push(line);
    if (!opens(piece)) continue;
    // `<body>text</body>` stays on one line.
    const [inner = '', closing = ''] = [pieces[at + 1], pieces[at + 2]];
    if (inner.startsWith('</')) {
      line.tokens.push(...tagTokens(inner));
      at++;
    } else if (!inner.startsWith('<') && closing.startsWith('</')) {
      line.tokens.push(plain(inner), ...tagTokens(closing));
      at += 2;
    } else depth++;
  }
  return lines;
}

/** A stream's own tag opens what stays open until the end: what is in it is not indented. */
function opens(tag: string): boolean {
  return !/^<[?!]/.test(tag) && !tag.endsWith('/>') && !/^<(\w+:)?stream[\s>]/.test(tag) && tag.endsWith('>');
}

/** Tags, and the text between them. A `>` in an attribute's value ends no tag; one that never ends stays as it is. */
function piecesOf(text: string): string[] {
  return text.match(/<(?:[^<>"']|"[^"]*"|'[^']*')*>|<[^<]*|[^<]+/g) ?? [];
}

function plain(text: string): XmlToken {
  return { kind: 'text', text };
}

function tagTokens(tag: string): XmlToken[] {
  const parts = /^(<[/?!]?[^\s/>]*)([\s\S]*?)([/?]?>?)$/.exec(tag);
  if (!parts) return [{ kind: 'other', text: tag }];
  const [, head = '', attributes = '', end = ''] = parts;
  const tokens: XmlToken[] = [{ kind: 'tag', text: head }];
  for (const [, space = '', name = '', value = '', rest = ''] of attributes.matchAll(
    /(\s*)(?:([^\s=]+\s*=\s*)("[^"]*"|'[^']*')|(\S+))|\s+$/g,
  )) {
    if (space) tokens.push({ kind: 'other', text: space });
    if (name) tokens.push({ kind: 'name', text: name }, { kind: 'value', text: value });
    if (rest) tokens.push({ kind: 'other', text: rest });
  }
  if (end) tokens.push({ kind: 'tag', text: end });
  return tokens;
}
