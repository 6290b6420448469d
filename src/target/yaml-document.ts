import { readFileSync } from 'node:fs';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import { byPosition, type Mistake } from './mistake.ts';
import type { DocumentPath, SchemaCheck } from './schema-check.ts';

export { byPosition, formatMistake, InvalidFileError, type Mistake, nearest, suggest } from './mistake.ts';
export { type DocumentPath, type Problem, SchemaCheck } from './schema-check.ts';

/** Lines and columns count from 1. */
export interface Position {
  line: number;
  column: number;
}

export interface MistakeOptions {
  hint?: string;
  /** Whether the key at the path is to blame (the default is what it holds). */
  part?: 'key' | 'value';
  /** Text inside the value: the mistake is placed on its first occurrence there. */
  near?: string;
}

/** A YAML file with its positions. */
export interface YamlDocument<Value> {
  file: string;
  /** What the file says; undefined when there are mistakes. */
  value: Value | undefined;
  /** What the file says, whether or not it keeps the schema; undefined when it is not YAML at all. */
  raw: unknown;
  /** Sorted by position. */
  mistakes: Mistake[];
  /** Where the value (or its key) begins; the nearest one around it where the path leads nowhere. */
  positionOf(path: DocumentPath, part?: 'key' | 'value'): Position;
  /** The lines that hold the value at the path, whole and as they stand in the file. */
  linesOf(path: DocumentPath): string;
  /** Makes a mistake about what stands at that path; it is not added to `mistakes`. */
  mistake(path: DocumentPath, text: string, options?: MistakeOptions): Mistake;
}

/** Reads and validates a YAML file. A file that cannot be read is a mistake at 1:1, nothing is thrown. */
export function readYaml<Value>(file: string, check: SchemaCheck<Value>): YamlDocument<Value> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const document = parseYaml(file, '{}', check);
    return { ...document, value: undefined, raw: undefined, mistakes: [unreadable(file, error)] };
  }
  return parseYaml(file, text, check);
}

/** As `readYaml`, for text that is at hand already; `file` only names it. */
export function parseYaml<Value>(file: string, text: string, check: SchemaCheck<Value>): YamlDocument<Value> {
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.2', lineCounter: lines, prettyErrors: false });
  const source = new Source(file, text, document, lines);
  const result = (raw: unknown, value: Value | undefined, mistakes: Mistake[]): YamlDocument<Value> => ({
    file,
    value,
    raw,
    mistakes: mistakes.toSorted(byPosition),
    positionOf: (path, part) => source.positionOf(path, part),
    linesOf: (path) => source.linesOf(path),
    mistake: (path, what, options) => source.mistake(path, what, options),
  });

  // Where one thing is wrong the parser often stumbles twice.
  const broken = [...document.errors, ...document.warnings].filter(
    (error, index, all) => all.findIndex((other) => other.pos[0] === error.pos[0]) === index,
  );
  if (broken.length > 0) {
    return result(
      undefined,
      undefined,
      broken.map((error) => source.syntaxMistake(error.code, error.message, error.pos[0])),
    );
  }
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return result(undefined, undefined, [
      source.mistake([], error instanceof Error ? error.message : String(error)),
    ]);
  }
  if (check.accepts(raw)) return result(raw, raw, []);
  const mistakes = check
    .problems(raw)
    .map(({ path, text: what, part, hint }) =>
      source.mistake(path, what, { part, ...(hint === undefined ? {} : { hint }) }),
    );
  return result(raw, undefined, mistakes);
}

class Source {
  readonly #file: string;
  readonly #text: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, text: string, document: Document, lines: LineCounter) {
    this.#file = file;
    this.#text = text;
    this.#document = document;
    this.#lines = lines;
  }

  positionOf(path: DocumentPath, part: 'key' | 'value' = 'value'): Position {
    return this.#position(this.#find(path, part)[0]);
  }

  linesOf(path: DocumentPath): string {
    const [from, to] = this.#find(path, 'value');
    const begin = this.#text.lastIndexOf('\n', from - 1) + 1;
    const end = this.#text.indexOf('\n', Math.max(from, to - 1));
    return this.#text.slice(begin, end === -1 ? undefined : end).trimEnd();
  }

  mistake(path: DocumentPath, text: string, options: MistakeOptions = {}): Mistake {
    const [from, to] = this.#find(path, options.part ?? 'value');
    const within = options.near === undefined ? -1 : this.#text.slice(from, to).indexOf(options.near);
    return this.#mistakeAt(from + Math.max(0, within), text, options.hint);
  }

  syntaxMistake(code: string, message: string, offset: number): Mistake {
    return this.#mistakeAt(offset, syntaxWords[code] ?? message, syntaxHints[code]);
  }

  #mistakeAt(offset: number, text: string, hint: string | undefined): Mistake {
    const { line, column } = this.#position(offset);
    const sourceLine = this.#text.split('\n')[line - 1]?.replace(/\r$/, '') ?? '';
    return { file: this.#file, line, column, sourceLine, text, ...(hint === undefined ? {} : { hint }) };
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(Math.min(offset, this.#text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** Where the thing at that path begins and ends in the text. */
  #find(path: DocumentPath, part: 'key' | 'value'): [number, number] {
    let node: unknown = this.#document.contents;
    let found = rangeOf(node) ?? [0, this.#text.length];
    let key: [number, number] | undefined;
    for (const step of path) {
      node = isAlias(node) ? node.resolve(this.#document) : node;
      if (isMap(node)) {
        const pair = node.items.find((item) => keyOf(item) === String(step));
        if (pair === undefined) return key ?? found;
        key = rangeOf(pair.key) ?? found;
        node = pair.value;
        found = rangeOf(node) ?? key;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        found = rangeOf(node) ?? found;
        key = undefined;
      } else return found;
    }
    return part === 'key' ? (key ?? found) : found;
  }
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function rangeOf(node: unknown): [number, number] | undefined {
  const range = isNode(node) ? (node as Node).range : undefined;
  return range ? [range[0], range[1]] : undefined;
}

/** What the commonest errors of the YAML parser mean to a person who writes a suite. */
const syntaxWords: Record<string, string> = {
  DUPLICATE_KEY: 'this key is there twice',
  TAB_AS_INDENT: 'a tab cannot indent YAML',
  MULTIPLE_DOCS: 'a file holds one document',
  TAG_RESOLVE_FAILED: 'YAML tags are not used here',
  BLOCK_AS_IMPLICIT_KEY: 'a map cannot begin here',
};

const syntaxHints: Record<string, string> = {
  TAB_AS_INDENT: 'use spaces',
  BLOCK_AS_IMPLICIT_KEY:
    'keys of one map begin in the same column; a text that holds a colon and a space must stand in quotes or after `|`',
  BAD_INDENT: 'lines of one map or list begin in the same column',
  BAD_SCALAR_START: 'put the text in quotes',
  MISSING_CHAR: 'a quote, bracket or comma may be missing',
};

function unreadable(file: string, error: unknown): Mistake {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const text =
    code === 'ENOENT'
      ? 'there is no such file'
      : code === 'EISDIR'
        ? 'this is a folder, not a file'
        : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
          ? 'this file is not UTF-8 text'
          : `this file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  return { file, line: 1, column: 1, sourceLine: '', text };
}
