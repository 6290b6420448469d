import { readFileSync, statSync } from 'node:fs';
import { type Mistake, suggest } from '../../target/mistake.ts';
import { type Action, type Character, type Script, SourceText } from './script.ts';

/** A script of more octets than this is no script. */
const mostOctets = 4 * 1024 * 1024;

/** Of one file so many mistakes are told; where more is wrong, it is most likely no script at all. */
const mostMistakes = 20;

/** Reads a `.scs` file. Whatever is wrong goes into `mistakes`; nothing is thrown. */
export function readScript(file: string, mistakes: Mistake[]): Script | undefined {
  const text = textOf(file);
  if (typeof text !== 'string') {
    mistakes.push({ file, line: 1, column: 1, sourceLine: '', text: text.wrong });
    return undefined;
  }
  return parseScript(new SourceText(file, text), mistakes);
}

function textOf(file: string): string | { wrong: string } {
  try {
    if (statSync(file).size > mostOctets) return { wrong: 'this file is too large to be a script' };
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return { wrong: 'there is no such file' };
    if (code === 'EISDIR') return { wrong: 'this is a folder, not a file' };
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { wrong: 'this file is not UTF-8 text' };
    return { wrong: `this file cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** As `readScript`, for text that is at hand already. */
export function parseScript(source: SourceText, mistakes: Mistake[]): Script | undefined {
  const parser = new ScriptParser(source);
  const script = parser.parse();
  const { found } = parser;
  mistakes.push(...found.slice(0, mostMistakes));
  const more = found.slice(mostMistakes)[0];
  if (more) {
    const count = found.length - mostMistakes;
    mistakes.push({ ...more, text: `${more.text}; and ${count} more of that kind follow` });
  }
  return found.length > 0 ? undefined : script;
}

class ScriptParser {
  readonly found: Mistake[] = [];
  readonly #source: SourceText;
  readonly #script: Script;
  /** By name; the longest first, since one name may begin with another. */
  #names: string[] = [];
  #comments: string[] = [];
  #character: Character | undefined;
  #action: Action | undefined;
  #inActions = false;

  constructor(source: SourceText) {
    this.#source = source;
    this.#script = {
      source,
      title: undefined,
      summary: [],
      tags: [],
      characters: [],
      actions: [],
      closing: [],
    };
  }

  parse(): Script {
    for (const [index, line] of this.#source.lines.entries()) {
      if (line.trim() === '') continue;
      if (/^\s/.test(line)) this.#indented(line, index + 1);
      else if (/^-{3,}\s*$/.test(line)) this.#separator(index + 1);
      else if (/^(#|\/\/|--)/.test(line)) this.#comment(line);
      else if (line.startsWith('[') && !this.#inActions) this.#header(line, index + 1);
      else this.#begin(line, index + 1);
    }
    this.#script.closing = this.#takeComments();
    if (this.#script.actions.length === 0 && this.found.length === 0)
      this.#wrong(1, 1, 'there is no action in this script', 'such as: Romeo connects');
    return this.#script;
  }

  #wrong(line: number, column: number, text: string, hint?: string): void {
    this.found.push(this.#source.mistake(line, column, text, hint));
  }

  #takeComments(): string[] {
    const taken = this.#comments;
    this.#comments = [];
    return taken;
  }

  #comment(line: string): void {
    const [, mark = '', text = ''] = /^(#+|\/\/|--)\s?(.*?)\s*$/.exec(line) ?? [];
    // What only tells an editor how to show the file says nothing of the script.
    if (/^vim?:/.test(text.trim())) return;
    const inHead = this.#script.characters.length === 0 && !this.#inActions;
    if (inHead && mark === '##') this.#script.tags.push(text.trim());
    else if (inHead && mark === '#' && this.#script.title === undefined && text !== '')
      this.#script.title = text;
    else if (inHead) this.#script.summary.push(text);
    else this.#comments.push(text);
  }

  #separator(line: number): void {
    if (this.#inActions) this.#wrong(line, 1, 'a second line of dashes: the actions have begun before');
    this.#inActions = true;
    this.#character = undefined;
  }

  #header(line: string, number: number): void {
    const [, kind, name] = /^\[([^\]]*)\]\s*(.*?)\s*$/.exec(line) ?? [];
    if (kind === undefined || name === undefined || name === '') {
      this.#wrong(number, 1, 'this is no character', 'as in: [Client] Romeo');
      return;
    }
    const other = this.#script.characters.find((one) => one.name === name);
    if (other)
      this.#wrong(number, line.indexOf(name) + 1, `there is a ${name} already, at line ${other.line}`);
    this.#character = { kind, name, line: number, comments: this.#takeComments(), properties: new Map() };
    this.#script.characters.push(this.#character);
    this.#names = this.#script.characters.map((one) => one.name).sort((a, b) => b.length - a.length);
  }

  #indented(line: string, number: number): void {
    const column = line.length - line.trimStart().length + 1;
    if (this.#action) this.#addToBody(this.#action, line, number);
    else if (this.#character && !this.#inActions) this.#property(this.#character, line, number, column);
    else this.#wrong(number, column, 'this indented line belongs to no character and to no action');
  }

  #property(character: Character, line: string, number: number, column: number): void {
    const [, name, value = ''] = /^\s*([\w-]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) {
      this.#wrong(number, column, 'this is no property', 'as in: jid: romeo@localhost');
      return;
    }
    if (character.properties.has(name)) this.#wrong(number, column, `${name} is there twice`);
    const valueColumn = value === '' ? column : line.indexOf(value, line.indexOf(':')) + 1;
    character.properties.set(name, { value, line: number, column: valueColumn });
  }

  /** An action: the name of a character, a verb, perhaps a colon, perhaps what belongs to it on the same line. */
  #begin(line: string, number: number): void {
    // The first action ends the head, where there is no line of dashes.
    this.#inActions = true;
    this.#character = undefined;
    this.#action = undefined;
    const name = this.#names.find((one) => line.startsWith(one) && /^(\s|$)/.test(line.slice(one.length)));
    const character = this.#script.characters.find((one) => one.name === name);
    if (!character || name === undefined) {
      this.#nobody(line, number);
      return;
    }
    const [, gap = '', verb = '', colon = '', inline = ''] =
      /^(\s*)([^\s:]*)(\s*:?\s*)(.*?)\s*$/.exec(line.slice(name.length)) ?? [];
    const column = name.length + gap.length + 1;
    if (verb === '') {
      this.#wrong(number, column, `${name} does nothing here`, 'as in: Romeo connects');
      return;
    }
    const before = column - 1 + verb.length + colon.length;
    const body = inline === '' ? undefined : { text: ' '.repeat(before) + inline, line: number };
    const comments = this.#takeComments();
    this.#action = { character, verb, line: number, column, comments, body, lastLine: number };
    this.#script.actions.push(this.#action);
  }

  #nobody(line: string, number: number): void {
    const words = line.trim().split(/\s+/);
    const [name = ''] = /^(.*?)(?=\s+[^\s]+\s*:?\s*$)/.exec(line) ?? [words[0]];
    const text = line.startsWith('<')
      ? 'XML belongs to an action, and is indented'
      : `\`${name.slice(0, 60)}\` is no character of this script`;
    this.#wrong(number, 1, text, line.startsWith('<') ? undefined : suggest(name, this.#names));
  }

  #addToBody(action: Action, line: string, number: number): void {
    const missing = number - action.lastLine - 1;
    action.lastLine = number;
    if (!action.body) action.body = { text: line, line: number };
    // Lines that were passed over (blank ones, comments) are kept as blank ones: places stay what they are.
    else action.body.text += `${'\n'.repeat(missing + 1)}${line}`;
  }
}
