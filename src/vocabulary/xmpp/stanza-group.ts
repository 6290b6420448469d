import type { XmlElement } from '../../xmpp/element.ts';
import type { StanzaPattern } from '../../xmpp/pattern.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Arrival } from '../inbox.ts';
import type { Names } from '../names.ts';
import type { XmppActor, XmppArrival } from './actor.ts';
import { compare, elementOf } from './stanza-expectation.ts';

/** Several stanzas are to come, in the order given or in any. */
export class StanzaGroup implements Expectation {
  readonly #actor: XmppActor;
  readonly #patterns: readonly StanzaPattern[];
  readonly #names: Names;
  readonly #ordered: boolean;
  readonly #repeats: boolean;
  /** Patterns that have been met, by index. */
  readonly #met = new Set<number>();
  readonly #taken = new Set<Arrival<XmppArrival>>();
  /** Arrivals that fit no pattern, so that each is compared once. */
  readonly #others = new WeakSet<Arrival<XmppArrival>>();
  #broken: Finding | undefined;

  constructor(
    actor: XmppActor,
    patterns: readonly StanzaPattern[],
    names: Names,
    /** `repeats`: in order too, what has come already may come again, and is left for later steps. */
    options: { ordered: boolean; repeats?: boolean },
  ) {
    this.#actor = actor;
    this.#patterns = patterns;
    this.#names = names;
    this.#ordered = options.ordered;
    this.#repeats = options.repeats ?? !options.ordered;
  }

  get #expected(): string {
    const order = this.#ordered ? 'in this order' : 'in any order';
    const some = this.#patterns.slice(0, 5).map((pattern) => pattern.describe());
    const more = this.#patterns.length > 5 ? `\n… ${this.#patterns.length - 5} more` : '';
    return `${this.#actor.name} to receive ${order}\n${some.join('\n')}${more}`;
  }

  look(): Look {
    for (const arrival of this.#actor.inbox.waiting()) {
      if (this.#taken.has(arrival) || this.#others.has(arrival)) continue;
      const element = elementOf(arrival);
      if (!element || !this.#fit(arrival, element)) this.#others.add(arrival);
      if (this.#broken) return { state: 'broken', finding: this.#broken };
    }
    if (this.#met.size === this.#patterns.length) return { state: 'met', take: () => this.#take() };
    return this.#actor.brokenBy(this.#expected) ?? { state: 'waiting' };
  }

  #fit(arrival: Arrival<XmppArrival>, element: XmlElement): boolean {
    const next = this.#firstUnmet();
    for (const index of this.#order(next)) {
      const pattern = this.#patterns[index];
      if (!pattern) continue;
      const { differences, captured } = compare(pattern, element, this.#names);
      if (differences.length > 0) continue;
      if (this.#met.has(index) && this.#repeats) continue;
      if (this.#ordered && index !== next) {
        this.#broken = this.#disorder(index, next, element);
        return true;
      }
      this.#met.add(index);
      this.#taken.add(arrival);
      for (const [name, value] of captured) this.#names.bind(name, value);
      return true;
    }
    return false;
  }

  /** The pattern whose turn it is comes first, so that a long list is not searched at every arrival. */
  *#order(next: number): Generator<number> {
    yield next;
    for (let index = 0; index < this.#patterns.length; index++) if (index !== next) yield index;
  }

  #firstUnmet(): number {
    if (this.#ordered) return this.#met.size;
    for (let index = 0; index < this.#patterns.length; index++) if (!this.#met.has(index)) return index;
    return this.#patterns.length;
  }

  #disorder(index: number, next: number, element: XmlElement): Finding {
    const what = this.#met.has(index) ? 'came a second time' : 'came before its turn';
    const waited = this.#patterns[next]?.describe() ?? 'nothing more';
    const text = `number ${index + 1} ${what}; the next to come was ${waited}`;
    const finding = this.#actor.finding('mismatch', this.#expected, text);
    return { ...finding, nearest: element.toXml('jabber:client') };
  }

  #take(): void {
    for (const arrival of this.#taken) arrival.taken = true;
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    const missing = this.#patterns.filter((_, index) => !this.#met.has(index));
    const text = `${this.#met.size} of ${this.#patterns.length} came within ${withinMs} ms; missing: ${missing[0]?.describe()}`;
    return this.#actor.finding(this.#met.size > 0 ? 'mismatch' : 'silence', this.#expected, text);
  }
}
