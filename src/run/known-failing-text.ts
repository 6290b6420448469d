import { Document, isMap, isScalar, isSeq, parseDocument, Scalar, type YAMLMap, YAMLSeq } from 'yaml';
import { type KnownFailingEntry, knownFailingCheck } from './known-failing.ts';

const widest = 112;
const schemaLine =
  '# yaml-language-server: $schema=https://unpkg.com/touchstone/src/run/known-failing.schema.json\n';

/** The text of one entry. */
interface Chunk {
  /** Comments that stand right above it. */
  above: string;
  body: string;
  /** Empty lines and comments behind it. */
  below: string;
  entry: KnownFailingEntry;
  node: YAMLMap;
}

/**
 * The text of a known-failing.yaml that is changed entry by entry. What is not changed stays as it stands, letter by
 * letter; a changed entry keeps its comments. The text has to be valid.
 */
export class KnownFailingText {
  readonly #head: string;
  readonly #chunks: Chunk[];

  /** `undefined` where there is no such file yet. */
  constructor(text: string | undefined) {
    const whole = text ?? schemaLine;
    const { contents } = parseDocument(whole, { version: '1.2' });
    const maps: YAMLMap[] = isSeq(contents) ? contents.items.filter((item) => isMap(item)) : [];
    if (!isSeq(contents)) {
      this.#head = withNewline(whole);
      this.#chunks = [];
    } else if (contents.flow) {
      // A list in brackets has no lines of its own for each entry: it gets them.
      this.#head = whole.slice(0, contents.range?.[0] ?? 0);
      this.#chunks = maps.map((node) => chunkOf(node, ''));
    } else {
      const starts = maps.map((node) => lineStart(whole, node.range?.[0] ?? 0));
      this.#head = whole.slice(0, starts[0] ?? whole.length);
      this.#chunks = maps.map((node, index) => cut(whole, node, starts[index] ?? 0, starts[index + 1]));
      for (const [index, chunk] of this.#chunks.entries()) {
        const next = this.#chunks[index + 1];
        if (next) takeCommentsAbove(chunk, next);
      }
    }
  }

  get entries(): readonly KnownFailingEntry[] {
    return this.#chunks.map(({ entry }) => entry);
  }

  /** Changes which cases an entry names and which variants it concerns; one that names no case any more goes. */
  change(
    index: number,
    { cases, variants }: { cases?: readonly string[]; variants?: readonly string[] | null },
  ) {
    const chunk = this.#chunks[index];
    if (!chunk) return;
    if (cases?.length === 0 || variants?.length === 0) {
      this.#chunks.splice(index, 1);
      const before = this.#chunks[index - 1];
      if (before && /#/.test(chunk.below)) before.below += chunk.below;
      return;
    }
    if (cases) setCases(chunk.node, cases);
    if (variants === null) chunk.node.delete('variants');
    else if (variants) setVariants(chunk.node, variants);
    chunk.entry = entryOf(chunk.node);
    chunk.body = withKeysOf(chunk.body, bodyOf(chunk.node), [
      ...(cases ? ['case'] : []),
      ...(variants === undefined ? [] : ['variants']),
    ]);
  }

  /** Puts an entry before the first that names a later case, so that a list in order stays in order. */
  insert(entry: KnownFailingEntry): void {
    const { reason, case: cases, variants, ...more } = entry;
    const document = new Document({
      case: Array.isArray(cases) && cases.length === 1 ? cases[0] : cases,
      ...(variants ? { variants } : {}),
      reason,
      ...more,
    });
    const node = document.contents;
    if (!isMap(node)) return;
    const text = new Scalar(reason);
    text.type = reason.length + '  reason: '.length > widest ? Scalar.BLOCK_FOLDED : Scalar.PLAIN;
    node.set('reason', text);
    if (variants) setVariants(node, variants);
    const first = [cases].flat()[0] ?? '';
    const later = this.#chunks.findIndex((one) => ([one.entry.case].flat()[0] ?? '') > first);
    const place = later < 0 ? this.#chunks.length : later;
    const isSpaced =
      this.#chunks.length > 1 &&
      this.#chunks.every(({ below }, at, all) => at === all.length - 1 || below.startsWith('\n'));
    const before = this.#chunks[place - 1];
    if (isSpaced && before && before.below === '') before.below = '\n';
    this.#chunks.splice(place, 0, chunkOf(node, isSpaced && later >= 0 ? '\n' : ''));
  }

  toString(): string {
    const head = withNewline(this.#head);
    if (this.#chunks.length === 0) return `${head}[]\n`;
    return head + this.#chunks.map(({ above, body, below }) => above + withNewline(body) + below).join('');
  }
}

function chunkOf(node: YAMLMap, below: string): Chunk {
  return { above: '', body: bodyOf(node), below, entry: entryOf(node), node };
}

/** The entry that begins there, with what stands behind it up to the next. */
function cut(whole: string, node: YAMLMap, start: number, next = whole.length): Chunk {
  const end = node.range?.[1] ?? next;
  const written = start + whole.slice(start, end).trimEnd().length;
  // What stands above it and behind it is kept as text.
  node.commentBefore = null;
  node.comment = null;
  node.spaceBefore = false;
  const lineEnd = whole.indexOf('\n', written);
  const bodyEnd = lineEnd < 0 ? whole.length : Math.min(next, lineEnd + 1);
  const [body, below] = [whole.slice(start, bodyEnd), whole.slice(bodyEnd, next)];
  return { above: '', body, below, entry: entryOf(node), node };
}

/** Comments that end right above an entry are about it. */
function takeCommentsAbove(before: Chunk, chunk: Chunk): void {
  const [comments = ''] = /(?:^[ \t]*#.*\n)+$/m.exec(before.below) ?? [];
  if (comments === '' || !before.below.endsWith(comments)) return;
  before.below = before.below.slice(0, before.below.length - comments.length);
  chunk.above = comments;
}

function entryOf(node: YAMLMap): KnownFailingEntry {
  const value: unknown = node.toJSON();
  if (knownFailingCheck.accepts([value])) return value as KnownFailingEntry;
  throw new Error('an entry of known-failing.yaml is not valid');
}

/** What is left of the list keeps its comments; a case that is new to it stands before the first that is later. */
function setCases(node: YAMLMap, cases: readonly string[]): void {
  const list = node.get('case', true);
  if (!isSeq(list)) {
    const several = new YAMLSeq();
    several.items.push(list);
    if (cases.length === 1) node.set('case', cases[0]);
    else node.set('case', several);
    if (cases.length > 1) setCases(node, cases);
    return;
  }
  list.items = list.items.filter((item) => isScalar(item) && cases.includes(String(item.value)));
  const values = () => list.items.map((item) => String(isScalar(item) ? item.value : item));
  for (const name of cases.filter((one) => !values().includes(one))) {
    const later = values().findIndex((value) => value > name);
    list.items.splice(later < 0 ? list.items.length : later, 0, new Scalar(name));
  }
}

function setVariants(node: YAMLMap, variants: readonly string[]): void {
  const list = new YAMLSeq();
  list.flow = true;
  for (const variant of variants) {
    const name = new Scalar(variant);
    name.type = Scalar.QUOTE_SINGLE;
    list.items.push(name);
  }
  if (node.has('variants')) {
    node.set('variants', list);
    return;
  }
  const pair = new Document().createPair('variants', list);
  const behindCase = node.items.findIndex(({ key }) => isScalar(key) && key.value === 'case') + 1;
  node.items.splice(behindCase, 0, pair as (typeof node.items)[number]);
}

function bodyOf(node: YAMLMap): string {
  const document = new Document();
  const list = new YAMLSeq();
  list.items.push(node);
  document.contents = list as unknown as typeof document.contents;
  return document.toString({ lineWidth: widest, flowCollectionPadding: false });
}

/** The entry as it was written, with some of its keys as they are written now; lines that a person broke stay broken. */
function withKeysOf(before: string, after: string, keys: readonly string[]): string {
  const [old, fresh] = [linesByKey(before), linesByKey(after)];
  // In braces, or indented otherwise than it is written here: it is written anew.
  if (!old || !fresh) return after;
  const names = [...fresh.keys()];
  if (names.some((name) => !keys.includes(name) && !old.has(name))) return after;
  const body = names.map((name) => (keys.includes(name) ? fresh : old).get(name) ?? fresh.get(name) ?? '');
  return `- ${body.join('').slice(2)}`;
}

/** The lines of each key of an entry, all indented by two; undefined where a line is of no key. */
function linesByKey(body: string): Map<string, string> | undefined {
  const found = new Map<string, string>();
  let key: string | undefined;
  for (const line of withNewline(body)
    .replace(/^- /, '  ')
    .split(/(?<=\n)/)) {
    key = /^ {2}([a-z]+):(?=\s)/.exec(line)?.[1] ?? key;
    if (key === undefined) return undefined;
    found.set(key, (found.get(key) ?? '') + line);
  }
  return found;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
