import type { XmlElement } from '../../xmpp/element.ts';
import type { Difference, StanzaPattern } from '../../xmpp/pattern.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Arrival } from '../inbox.ts';
import type { Names } from '../names.ts';
import type { XmppActor, XmppArrival } from './actor.ts';

/** How one stanza compares with a pattern: the differences, and what the pattern's captures would hold. */
export interface Comparison {
  differences: Difference[];
  captured: Map<string, string>;
}

export function compare(pattern: StanzaPattern, element: XmlElement, names: Names): Comparison {
  const captured = new Map<string, string>();
  const differences = pattern.match(element, (expected, actual) => names.matches(expected, actual, captured));
  return { differences, captured };
}

/** How a stanza is looked for. */
export interface StanzaOptions {
  /** No white space may come right before it. */
  unspaced?: boolean;
  /** No other element that no step has taken may come before it. */
  next?: boolean;
  /** What came before it is passed over for good. */
  inTurn?: boolean;
}

/** A stanza that a pattern describes is to come, wherever it stands among what has arrived. */
export class StanzaExpectation implements Expectation {
  readonly #actor: XmppActor;
  readonly #pattern: StanzaPattern;
  readonly #names: Names;
  readonly #options: StanzaOptions;

  constructor(actor: XmppActor, pattern: StanzaPattern, names: Names, options: StanzaOptions = {}) {
    this.#options = options;
    this.#actor = actor;
    this.#pattern = pattern;
    this.#names = names;
  }

  get expected(): string {
    return `${this.#actor.name} to receive ${this.#options.next ? 'next ' : ''}${this.#pattern.describe()}`;
  }

  look(): Look {
    for (const arrival of this.#actor.inbox.waiting()) {
      const element = elementOf(arrival);
      if (!element) continue;
      const { differences, captured } = compare(this.#pattern, element, this.#names);
      if (differences.length === 0 && this.#options.unspaced && isSpaced(arrival))
        return {
          state: 'broken',
          finding: this.#actor.finding('mismatch', this.expected, 'white space came before it'),
        };
      if (differences.length === 0) return { state: 'met', take: () => this.#take(arrival, captured) };
      if (this.#isInItsPlace(element))
        return { state: 'broken', finding: this.#mismatch(element, differences) };
    }
    return this.#actor.brokenBy(this.expected) ?? { state: 'waiting' };
  }

  /** It is where the stanza has to be, and differs from it. In turn, the same id may have been used for another one. */
  #isInItsPlace(element: XmlElement): boolean {
    const { next, inTurn } = this.#options;
    return next || (!inTurn && isTheAnswer(this.#pattern, element, this.#names));
  }

  #take(arrival: Arrival<XmppArrival>, captured: Map<string, string>): void {
    if (this.#options.inTurn) this.#passOver(arrival);
    arrival.taken = true;
    for (const [name, value] of captured) this.#names.bind(name, value);
  }

  #passOver(until: Arrival<XmppArrival>): void {
    for (const earlier of this.#actor.inbox.waiting()) {
      if (earlier === until) return;
      if (elementOf(earlier)) earlier.taken = true;
    }
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    const candidates = this.#actor.inbox.waiting().flatMap((arrival) => elementOf(arrival) ?? []);
    const nearest = nearestOf(this.#pattern, candidates);
    if (nearest) return this.#mismatch(nearest, compare(this.#pattern, nearest, this.#names).differences);
    const others = candidates.length;
    const came =
      others === 0 ? 'nothing came' : `${others} other ${others === 1 ? 'stanza' : 'stanzas'} came`;
    // What came instead is an answer too: only where nothing came was the server silent.
    const kind = others === 0 ? 'silence' : 'mismatch';
    return this.#actor.finding(kind, this.expected, `within ${withinMs} ms ${came}`);
  }

  #mismatch(element: XmlElement, differences: Difference[]): Finding {
    const first = differences[0];
    const what = first
      ? `${first.path}: expected ${first.expected}, got ${first.actual ?? 'nothing'}`
      : 'it differs';
    return {
      ...this.#actor.finding('mismatch', this.expected, what),
      nearest: element.toXml('jabber:client'),
      differences: differences.map(({ path, expected, actual }) => ({
        path,
        expected,
        ...(actual === undefined ? {} : { actual }),
      })),
    };
  }
}

/** The element of an arrival that steps can still take; `undefined` for what is not an element. */
export function elementOf(arrival: Arrival<XmppArrival>): XmlElement | undefined {
  return arrival.event.kind === 'element' ? arrival.event.element : undefined;
}

function isSpaced({ event }: Arrival<XmppArrival>): boolean {
  return event.kind === 'element' && event.spaced;
}

/**
 * A stanza with the very id that is waited for, and of the same kind, is the answer: where it differs, no
 * other will come, so there is nothing to wait for (RFC 6120 section 8.1.3).
 */
function isTheAnswer(pattern: StanzaPattern, element: XmlElement, names: Names): boolean {
  const { name, attributes } = pattern.element;
  const id = attributes.get('id');
  const actual = element.get('id');
  if (id === undefined || actual === undefined || name !== element.name) return false;
  if (/\{(\*|\/|[\w-]+=)/.test(id)) return false;
  if (name === 'iq' && isRequest(element)) return false;
  return names.matches(id, actual, new Map());
}

function isRequest(iq: XmlElement): boolean {
  return iq.get('type') === 'get' || iq.get('type') === 'set';
}

/** The stanza of the same kind that differs least. */
export function nearestOf(pattern: StanzaPattern, candidates: readonly XmlElement[]): XmlElement | undefined {
  const alike = candidates.filter((element) => element.name === pattern.element.name);
  return alike.reduce<XmlElement | undefined>(
    (best, next) => (best && pattern.similarity(best) >= pattern.similarity(next) ? best : next),
    undefined,
  );
}
