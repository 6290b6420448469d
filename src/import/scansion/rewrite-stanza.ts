import { serviceNames } from '../../target/running-target.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import { type Addresses, escapeBraces } from './addresses.ts';
import type { Cast } from './cast.ts';
import { attributesBelow, type ScannedElement, type Span } from './scan-xml.ts';

/** What a stanza of a script says that a case cannot: the script is carried over up to here. */
export class NotCarried extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.name = 'NotCarried';
    this.offset = offset;
  }
}

export interface Rewriting {
  cast: Cast;
  addresses: Addresses;
  /** Names that patterns have captured up to here; more are added. */
  captured: Set<string>;
  /** A pattern for what is to come; else it is sent as it is. */
  expected: boolean;
}

interface Edit extends Span {
  text: string;
}

/** How strict an element is compared. */
type Mode = 'strict' | 'lenient';

/**
 * The element in the words of a case: its layout as it was, its placeholders and addresses those of the case, and
 * where Scansion compares strictly a mark that says so. Throws `NotCarried`.
 */
export function rewriteStanza(
  text: string,
  element: ScannedElement,
  comments: readonly Span[],
  rewriting: Rewriting,
): string {
  const rewriter = new Rewriter(text, rewriting);
  rewriter.element(element, 'lenient', true);
  const inside = comments.filter(({ start }) => start > element.start && start < element.end);
  const edits = [...rewriter.edits, ...inside.map((span) => ({ ...span, text: '' }))];
  return laidOut(text, element, edits);
}

class Rewriter {
  readonly edits: Edit[] = [];
  readonly #text: string;
  readonly #with: Rewriting;

  constructor(text: string, rewriting: Rewriting) {
    this.#text = text;
    this.#with = rewriting;
  }

  element(element: ScannedElement, inherited: Mode, isRoot: boolean): void {
    let mode = this.#modeOf(element, inherited, isRoot);
    for (const attribute of element.attributes) {
      const { name, start, end, valueStart, valueEnd } = attribute;
      const value = this.#text.slice(valueStart, valueEnd);
      if (name.startsWith('scansion:')) {
        mode = this.#ownMode(name, value, start) ?? mode;
        this.edits.push({ start, end, text: '' });
      } else if (name !== 'xmlns' && !name.startsWith('xmlns:')) {
        const node = name === 'node' ? this.#with.addresses.node(value) : undefined;
        this.#replace(valueStart, valueEnd, node ?? this.#translate(value, valueStart));
      }
    }
    if (this.#with.expected && mode !== inherited) this.#mark(element, mode);
    for (const { start, end } of element.texts)
      this.#replace(start, end, this.#translate(this.#text.slice(start, end), start));
    for (const child of element.elements) this.element(child, mode, false);
  }

  /** An element that declares its namespace is compared strictly; a stanza in that of clients is not. */
  #modeOf(element: ScannedElement, inherited: Mode, isRoot: boolean): Mode {
    const xmlns = element.attributes.find(({ name }) => name === 'xmlns');
    if (!xmlns) return inherited;
    const isStanza = isRoot && this.#text.slice(xmlns.valueStart, xmlns.valueEnd) === namespaces.client;
    return isStanza ? inherited : 'strict';
  }

  #ownMode(name: string, value: string, at: number): Mode {
    if (name === 'scansion:strict' && value === 'true') return 'strict';
    if (name === 'scansion:strict' && value === 'false') return 'lenient';
    throw new NotCarried(`what ${name}="${value.slice(0, 40)}" means is not known`, at + 1);
  }

  #mark(element: ScannedElement, mode: Mode): void {
    const mark = mode === 'strict' ? '{=}' : '{+}';
    const { openEnd, selfClosing, name } = element;
    if (selfClosing) this.edits.push({ start: openEnd - 2, end: openEnd, text: `>${mark}</${name}>` });
    else this.edits.push({ start: openEnd, end: openEnd, text: mark });
  }

  #replace(start: number, end: number, text: string): void {
    if (text !== this.#text.slice(start, end)) this.edits.push({ start, end, text });
  }

  /** Placeholders as a case has them; what is between them with its addresses translated. */
  #translate(value: string, at: number): string {
    const placeholder = /\$\{([^{}]*)\}|\{scansion:([^{}]*)\}/g;
    let done = '';
    let last = 0;
    for (const found of value.matchAll(placeholder)) {
      done += this.#with.addresses.translate(value.slice(last, found.index));
      const [whole, variable, matcher] = found;
      done +=
        variable === undefined
          ? this.#matcher(matcher ?? '', at + found.index)
          : this.#variable(variable, at + found.index);
      last = found.index + whole.length;
    }
    return done + this.#with.addresses.translate(value.slice(last));
  }

  #matcher(matcher: string, at: number): string {
    const written = `{scansion:${matcher.slice(0, 60)}}`;
    // Only what is expected is matched: sent is what is written.
    if (!this.#with.expected) return escapeBraces(`{scansion:${matcher}}`);
    if (matcher === 'any') return '{*}';
    const [, name] = /^capture:(.+)$/.exec(matcher) ?? [];
    if (name === undefined) throw new NotCarried(`what ${written} means is not known`, at);
    this.#with.captured.add(captureName(name));
    return `{${captureName(name)}=*}`;
  }

  #variable(variable: string, at: number): string {
    const plain = straight(variable);
    const [, owner, fact] = /^(.*)'s (JID|full JID)$/.exec(plain) ?? [];
    if (owner !== undefined) {
      const player = this.#with.cast.players.find((one) => straight(one.character?.name ?? '') === owner);
      if (player) return `{${player.name}.${fact === 'JID' ? 'bare' : 'full'}}`;
      throw new NotCarried(
        `\${${plain.slice(0, 60)}}: nobody who is played is called ${owner.slice(0, 40)}`,
        at,
      );
    }
    const name = captureName(plain);
    if (this.#with.captured.has(name)) return `{${name}}`;
    throw new NotCarried(`what \${${plain.slice(0, 60)}} stands for is not known here`, at);
  }
}

/** With apostrophes of one kind, however they had to be written. */
function straight(name: string): string {
  return name.replaceAll('&apos;', "'").replaceAll('’', "'");
}

/** A name that stands for nothing else in a case. */
function captureName(name: string): string {
  const plain = name.replace(/[^\w-]/g, '-');
  const isFree = /^[A-Za-z]/.test(plain) && !['domain', ...serviceNames].includes(plain);
  return isFree ? plain : `captured-${plain}`;
}

/**
 * The element with its edits, its further lines indented by spaces and as little as can be. Where a line begins
 * within text that means something, white space does too: then all lines stay as they are.
 */
function laidOut(text: string, element: ScannedElement, edits: readonly Edit[]): string {
  const lineStarts = lineStartsIn(text, element);
  const shifts = isLaidOutByMeaning(text, element) ? [] : indents(text, element, lineStarts);
  let written = '';
  let at = element.start;
  for (const { start, end, text: instead } of withoutOverlap([...edits, ...shifts])) {
    written += text.slice(at, start) + instead;
    at = end;
  }
  // A comment that was taken out leaves a line of nothing behind.
  return (written + text.slice(at, element.end)).replace(/\n[ \t]*(?=\n)/g, shifts.length > 0 ? '' : '$&');
}

/** A line begins in the middle of a text or of a value. */
function isLaidOutByMeaning(text: string, element: ScannedElement): boolean {
  const values = attributesBelow(element).map(({ valueStart, valueEnd }) => text.slice(valueStart, valueEnd));
  const texts = textsBelow(element).map(({ start, end }) => text.slice(start, end));
  return [...values, ...texts].some((one) => one.includes('\n') && one.trim() !== '');
}

/** White space at the beginnings of the element's lines but the first. */
function lineStartsIn(text: string, element: Span): Span[] {
  const starts: Span[] = [];
  for (
    let at = text.indexOf('\n', element.start) + 1;
    at > 0 && at < element.end;
    at = text.indexOf('\n', at) + 1
  ) {
    const white = /[ \t]*/y;
    white.lastIndex = at;
    starts.push({ start: at, end: at + (white.exec(text)?.[0].length ?? 0) });
  }
  return starts;
}

function indents(text: string, element: ScannedElement, lines: readonly Span[]): Edit[] {
  const first = text.slice(text.lastIndexOf('\n', element.start) + 1, element.start);
  const base = widthOf(/^[ \t]*/.exec(first)?.[0] ?? '');
  return lines.map(({ start, end }) => ({
    start,
    end,
    text: ' '.repeat(Math.max(0, widthOf(text.slice(start, end)) - base)),
  }));
}

/** A tab counts as two spaces. */
function widthOf(white: string): number {
  return white.replaceAll('\t', '  ').length;
}

/** In the order of the text; where two overlap, what both say: the text of the one, then that of the other. */
function withoutOverlap(edits: readonly Edit[]): Edit[] {
  const sorted = edits.toSorted((one, other) => one.start - other.start || one.end - other.end);
  const kept: Edit[] = [];
  for (const edit of sorted) {
    const last = kept.at(-1);
    if (last && edit.start < last.end) continue;
    kept.push(edit);
  }
  return kept;
}

function textsBelow(element: ScannedElement): Span[] {
  return [...element.texts, ...element.elements.flatMap(textsBelow)];
}
