/**
 * Text with names in braces, as suites write it:
 *
 *   {romeo.bare}   a fact about an actor          {#m}        an id made for this case
 *   {name}         a capture, or a loop counter   {name=*}    any text, kept as `name`
 *   {!name}        any text but the capture
 *   {*}            any text                       {name=/x/}  text that matches, kept as `name`
 *   {/x/}          text that matches              {a|b}       one of these words
 *   {-}            nothing: no such attribute or child   {-|a}  nothing, or this word
 *   {=}, {+}       first in an element: no attribute and no child but these; more may be there again
 *   {{  }}         a brace
 */
export type Segment = { source: string } & (
  | { kind: 'literal'; text: string }
  | { kind: 'fact'; actor: string; fact: string }
  | { kind: 'id'; name: string }
  | { kind: 'name'; name: string }
  | { kind: 'other'; name: string }
  | { kind: 'any' }
  | { kind: 'absent' }
  | { kind: 'strictness' }
  | { kind: 'capture'; name: string; expression?: string }
  | { kind: 'expression'; expression: string }
  | { kind: 'words'; words: string[] }
);

/** Braces that hold no placeholder; `offset` counts characters from the start of the text. */
export class TemplateError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.name = 'TemplateError';
    this.offset = offset;
  }
}

const word = '[A-Za-z][\\w-]*';
const forms: [RegExp, (found: RegExpExecArray, source: string) => Segment][] = [
  [/^-$/, (_, source) => ({ kind: 'absent', source })],
  [/^[=+]$/, (_, source) => ({ kind: 'strictness', source })],
  [/^\*$/, (_, source) => ({ kind: 'any', source })],
  [new RegExp(`^#(${word})$`), ([, name = ''], source) => ({ kind: 'id', name, source })],
  [new RegExp(`^(${word})=\\*$`), ([, name = ''], source) => ({ kind: 'capture', name, source })],
  [
    new RegExp(`^(${word})=/(.+)/$`, 's'),
    ([, name = '', expression = ''], source) => ({ kind: 'capture', name, expression, source }),
  ],
  [/^\/(.+)\/$/s, ([, expression = ''], source) => ({ kind: 'expression', expression, source })],
  [
    new RegExp(`^(${word})\\.(${word})$`),
    ([, actor = '', fact = ''], source) => ({ kind: 'fact', actor, fact, source }),
  ],
  [new RegExp(`^(${word})$`), ([, name = ''], source) => ({ kind: 'name', name, source })],
  [new RegExp(`^!(${word})$`), ([, name = ''], source) => ({ kind: 'other', name, source })],
  [/^[^{}|]+(\|[^{}|]+)+$/, ([inside = ''], source) => ({ kind: 'words', words: inside.split('|'), source })],
];

const cache = new Map<string, Segment[]>();

/** Cuts text into literal parts and placeholders. Throws `TemplateError`. */
export function parseTemplate(text: string): Segment[] {
  const known = cache.get(text);
  if (known) return known;
  const segments = cut(text);
  if (text.length < 10_000) cache.set(text, segments);
  return segments;
}

const brace = /[{}]/g;

function cut(text: string): Segment[] {
  const segments: Segment[] = [];
  let literal = '';
  let at = 0;
  const flush = () => {
    if (literal !== '') segments.push({ kind: 'literal', text: literal, source: literal });
    literal = '';
  };
  while (at < text.length) {
    const character = text.charAt(at);
    if ((character === '{' || character === '}') && text[at + 1] === character) {
      literal += character;
      at += 2;
    } else if (character === '}') {
      throw new TemplateError('a closing brace without an opening one (write }} for a brace itself)', at);
    } else if (character === '{') {
      flush();
      const segment = placeholderAt(text, at);
      segments.push(segment);
      at += segment.source.length;
    } else {
      brace.lastIndex = at;
      const end = brace.test(text) ? brace.lastIndex - 1 : text.length;
      literal += text.slice(at, end);
      at = end;
    }
  }
  flush();
  return segments;
}

function placeholderAt(text: string, at: number): Segment {
  const end =
    text.startsWith('{/', at) || /^\{[\w-]+=\//.test(text.slice(at, at + 60))
      ? text.indexOf('/}', text.indexOf('/', at) + 1) + 1
      : text.indexOf('}', at);
  if (end <= at)
    throw new TemplateError('an opening brace without a closing one (write {{ for a brace itself)', at);
  const source = text.slice(at, end + 1);
  const inside = source.slice(1, -1);
  for (const [form, make] of forms) {
    const found = form.exec(inside);
    if (found) {
      const segment = make(found, source);
      checkExpression(segment, at);
      return segment;
    }
  }
  throw new TemplateError(`${source} is no placeholder (write {{ and }} for braces themselves)`, at);
}

function checkExpression(segment: Segment, at: number): void {
  if ((segment.kind !== 'expression' && segment.kind !== 'capture') || segment.expression === undefined)
    return;
  let groups: RegExpExecArray | null;
  try {
    groups = new RegExp(`${segment.expression}|`, 'su').exec('');
  } catch (error) {
    throw new TemplateError(`${segment.source} holds no regular expression: ${(error as Error).message}`, at);
  }
  if (groups && groups.length > 1)
    throw new TemplateError(`${segment.source}: groups are written (?:...), a capture is {name=/.../}`, at);
}

/** Puts a template together again, each segment by what `resolve` says of it. */
export function writeTemplate(segments: readonly Segment[], resolve: (segment: Segment) => string): string {
  return segments.map((segment) => (segment.kind === 'literal' ? segment.text : resolve(segment))).join('');
}

/** The placeholders in any value of a step: its strings, however deep. */
export function placeholdersIn(value: unknown): Segment[] {
  if (typeof value === 'string') return parseTemplate(value).filter((segment) => segment.kind !== 'literal');
  if (Array.isArray(value)) return value.flatMap(placeholdersIn);
  if (value !== null && typeof value === 'object') return Object.values(value).flatMap(placeholdersIn);
  return [];
}
