import { randomBytes } from 'node:crypto';
import { StepFailure } from './expectation.ts';
import { parseTemplate, type Segment, writeTemplate } from './template.ts';

/**
 * What the names in braces stand for while a case is played: facts about actors (`{romeo.bare}`), ids made for
 * this case (`{#m}`), captures (`{sid}`) and loop counters (`{n}`).
 */
export class Names {
  readonly #values: Map<string, string>;
  readonly #ids: Map<string, string>;
  readonly #factOf: (actor: string, fact: string) => string | undefined;
  readonly #nonce: string;

  constructor(factOf: (actor: string, fact: string) => string | undefined, parent?: Names) {
    this.#factOf = factOf;
    this.#values = new Map(parent ? parent.#values : []);
    // Ids and their nonce are shared with the parent: `{#m}` is one id in the whole case.
    this.#ids = parent ? parent.#ids : new Map();
    this.#nonce = parent ? parent.#nonce : randomBytes(4).toString('hex');
  }

  /** Names for one round of a loop: sees all that is known here, and binds on its own. */
  nested(): Names {
    return new Names(this.#factOf, this);
  }

  bind(name: string, value: string): void {
    this.#values.set(name, value);
  }

  bound(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** The id that `{#name}` stands for: unique to this run of the case, the same throughout it. */
  id(name: string): string {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const made = `${name}-${this.#nonce}`;
    this.#ids.set(name, made);
    return made;
  }

  /** The text with every name replaced by what it stands for, `written` as the text needs it. */
  fill(text: string, written = (value: string) => value): string {
    if (!text.includes('{') && !text.includes('}')) return text;
    return writeTemplate(parseTemplate(text), (segment) => written(this.resolve(segment)));
  }

  /** What a segment of a template stands for; throws where a server has not yet given the fact. */
  resolve(segment: Segment): string {
    switch (segment.kind) {
      case 'literal':
        return segment.text;
      case 'id':
        return this.id(segment.name);
      case 'fact': {
        const value = this.#factOf(segment.actor, segment.fact);
        if (value !== undefined) return value;
        break;
      }
      case 'name': {
        const value = this.#values.get(segment.name);
        if (value !== undefined) return value;
        break;
      }
      default:
        throw new Error(`${segment.source} can be matched, not sent`);
    }
    throw new StepFailure({
      kind: 'unexpected',
      expected: `${segment.source} to be known at this step`,
      message: `${segment.source} is not known: the server has not told it up to this step`,
    });
  }

  /**
   * Compares text with a pattern. Captures go into `captured`, to be bound once the whole stanza or frame has
   * matched. `undefined` is compared with patterns that allow that there is nothing: `{-}`, `{-|none}`.
   */
  matches(pattern: string, actual: string | undefined, captured: Map<string, string>): boolean {
    const segments = parseTemplate(pattern);
    if (actual === undefined) return segments.length === 1 && segments.some(allowsAbsence);
    if (segments.length === 1 && segments[0]?.kind === 'literal') return segments[0].text === actual;
    if (segments.every(isPlain)) return segments.map((one) => this.#known(one, captured)).join('') === actual;
    const order: string[] = [];
    const source = segments.map((segment) => this.#expressionFor(segment, order, captured)).join('');
    const found = new RegExp(`^(?:${source})$`, 'su').exec(actual);
    if (!found) return false;
    for (const [index, name] of order.entries()) captured.set(name, found[index + 1] ?? '');
    return true;
  }

  #expressionFor(segment: Segment, order: string[], captured: Map<string, string>): string {
    switch (segment.kind) {
      case 'any':
        return '.*?';
      case 'absent':
      case 'strictness':
        // No text is this: what is there cannot be absent, and how strict a pattern is says the pattern.
        return '(?!)';
      case 'expression':
        return `(?:${segment.expression})`;
      case 'words':
        return `(?:${segment.words.map(escapeExpression).join('|')})`;
      case 'capture':
        order.push(segment.name);
        return segment.expression === undefined ? '(.+?)' : `(${segment.expression})`;
      case 'other': {
        const known = captured.get(segment.name) ?? this.resolve({ ...segment, kind: 'name' });
        return `(?!${escapeExpression(known)}$).*?`;
      }
      default:
        return escapeExpression(this.#known(segment, captured));
    }
  }

  #known(segment: Segment, captured: ReadonlyMap<string, string>): string {
    const justCaptured = segment.kind === 'name' ? captured.get(segment.name) : undefined;
    return justCaptured ?? this.resolve(segment);
  }
}

/** Whether the segment stands for one text, so that comparing needs no expression. */
function isPlain({ kind }: Segment): boolean {
  return kind === 'literal' || kind === 'fact' || kind === 'id' || kind === 'name';
}

function allowsAbsence(segment: Segment): boolean {
  return segment.kind === 'absent' || (segment.kind === 'words' && segment.words.includes('-'));
}

function escapeExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
