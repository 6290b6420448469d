import type { Mistake } from '../../target/mistake.ts';

/** A Scansion script as it was written. Lines count from 1. */
export interface Script {
  source: SourceText;
  title: string | undefined;
  /** What stands below the title, up to the first character. */
  summary: string[];
  /** A word, or `name: value`. */
  tags: string[];
  characters: Character[];
  actions: Action[];
  /** Comments behind the last action. */
  closing: string[];
}

/** Somebody who takes part: `[Client] Romeo`. */
export interface Character {
  /** What stands in brackets. */
  kind: string;
  name: string;
  line: number;
  comments: string[];
  properties: Map<string, Property>;
}

export interface Property {
  value: string;
  line: number;
  column: number;
}

/** One line `Romeo sends:`, with the indented lines below it. */
export interface Action {
  character: Character;
  verb: string;
  line: number;
  column: number;
  /** What stands before it. */
  comments: string[];
  body: Body | undefined;
  /** The last line that belongs to it. */
  lastLine: number;
}

/** The indented part of an action: whole lines, so that an offset tells line and column. */
export interface Body {
  text: string;
  line: number;
}

/** The text of a script, and the places in it. */
export class SourceText {
  readonly file: string;
  readonly lines: readonly string[];

  constructor(file: string, text: string) {
    this.file = file;
    this.lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  }

  mistake(line: number, column: number, text: string, hint?: string): Mistake {
    const sourceLine = this.lines[line - 1] ?? '';
    const place = { file: this.file, line, column, sourceLine };
    return hint === undefined ? { ...place, text } : { ...place, text, hint };
  }
}

/** Where in the script an offset of a body is. */
export function placeIn(body: Body, offset: number): { line: number; column: number } {
  const before = body.text.slice(0, offset).split('\n');
  return { line: body.line + before.length - 1, column: (before.at(-1)?.length ?? 0) + 1 };
}
