import type { StanzaPattern } from '../../xmpp/pattern.ts';
import type { Expectation, Finding, Look } from '../expectation.ts';
import type { Arrival } from '../inbox.ts';
import type { Stage } from '../stage.ts';
import type { XmppActor, XmppArrival } from './actor.ts';
import { compare, elementOf } from './stanza-expectation.ts';

/** What has come of several stanzas when the sentinel comes; what has become of the others is observed, and no failure. */
export class StanzaRemains implements Expectation {
  readonly #actor: XmppActor;
  readonly #patterns: readonly StanzaPattern[];
  readonly #stage: Stage;

  constructor(actor: XmppActor, patterns: readonly StanzaPattern[], stage: Stage) {
    this.#actor = actor;
    this.#patterns = patterns;
    this.#stage = stage;
  }

  get #expected(): string {
    const first = this.#patterns[0]?.describe() ?? 'nothing';
    return `${this.#actor.name} to receive what is left of ${this.#patterns.length} stanzas like ${first}, and the sentinel`;
  }

  look(): Look {
    const waiting = this.#actor.inbox.waiting();
    const sentinel = waiting.find((arrival) => {
      const element = elementOf(arrival);
      return element !== undefined && this.#actor.isSentinel(element);
    });
    if (sentinel) return { state: 'met', take: () => this.#take([...waiting], sentinel) };
    return this.#actor.brokenBy(this.#expected) ?? { state: 'waiting' };
  }

  #take(waiting: readonly Arrival<XmppArrival>[], sentinel: Arrival<XmppArrival>): void {
    sentinel.taken = true;
    const order: number[] = [];
    for (const arrival of waiting) {
      const index = this.#indexOf(arrival, (order.at(-1) ?? -1) + 1);
      if (index === undefined) continue;
      arrival.taken = true;
      order.push(index);
    }
    this.#stage.observe(this.#describe(order));
  }

  /** Which of the stanzas it is; the one whose turn it is is looked at first. */
  #indexOf(arrival: Arrival<XmppArrival>, next: number): number | undefined {
    const element = elementOf(arrival);
    if (!element) return undefined;
    const fits = (pattern: StanzaPattern | undefined) =>
      pattern !== undefined && compare(pattern, element, this.#stage.names).differences.length === 0;
    if (fits(this.#patterns[next])) return next;
    const index = this.#patterns.findIndex(fits);
    return index < 0 ? undefined : index;
  }

  /** The indexes are those of what came, in the order in which it came. */
  #describe(order: readonly number[]): string {
    const distinct = [...new Set(order)];
    const lost = this.#patterns.length - distinct.length;
    const twice = order.length - distinct.length;
    let latest = -1;
    let late = 0;
    for (const index of distinct) {
      if (index < latest) late++;
      latest = Math.max(latest, index);
    }
    return `${this.#actor.name}: of ${this.#patterns.length} stanzas ${lost} did not come, ${twice} came again, ${late} came late`;
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    const text = `the sentinel did not come within ${withinMs} ms`;
    return this.#actor.finding('silence', this.#expected, text);
  }
}
