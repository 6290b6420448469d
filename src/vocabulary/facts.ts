import type { Decision } from './arrival-expectation.ts';
import type { Expectation, Finding, Look } from './expectation.ts';
import type { Inbox } from './inbox.ts';
import type { Names } from './names.ts';
import type { Stage } from './stage.ts';

/** An actor that keeps what it has learnt of its connection. */
export interface FactKeeper {
  readonly inbox: Pick<Inbox<unknown>, 'onArrival'>;
  finding(kind: Finding['kind'], expected: string, message: string): Finding;
  /** Why nothing more can be learnt; undefined while something can. */
  brokenBy(expected: string): Look | undefined;
}

/** Waits for a fact that the actor keeps (the latest features, TLS), and judges it. */
export class FactExpectation implements Expectation {
  readonly #actor: FactKeeper;
  readonly #expected: string;
  readonly #judge: () => Decision;

  /** `judge` says `other` while the fact is not known yet. */
  constructor(actor: FactKeeper, expected: string, judge: () => Decision) {
    this.#actor = actor;
    this.#expected = expected;
    this.#judge = judge;
  }

  look(): Look {
    const judgement = this.#judge();
    if (judgement === 'met') return { state: 'met', take: () => undefined };
    if (judgement !== 'other') return { state: 'broken', finding: judgement };
    return this.#actor.brokenBy(this.#expected) ?? { state: 'waiting' };
  }

  onArrival(listener: () => void): () => void {
    return this.#actor.inbox.onArrival(listener);
  }

  late(withinMs: number): Finding {
    return this.#actor.finding('silence', this.#expected, `it was not known within ${withinMs} ms`);
  }
}

/** Compares named facts with what they should be; undefined when all fit. */
function factsThatDiffer(
  expected: Readonly<Record<string, unknown>>,
  actual: (name: string) => string | undefined,
  names: Names,
): { path: string; expected: string; actual?: string }[] {
  const captured = new Map<string, string>();
  const differences = Object.entries(expected).flatMap(([name, wanted]) => {
    const value = actual(name);
    const pattern = String(wanted);
    if (names.matches(pattern, value, captured)) return [];
    return [{ path: name, expected: pattern, ...(value === undefined ? {} : { actual: value }) }];
  });
  if (differences.length === 0) for (const [name, value] of captured) names.bind(name, value);
  return differences;
}

/** Compares facts with what a step says of them, and binds what it captures. */
export function judgeFacts(
  actor: Pick<FactKeeper, 'finding'>,
  what: string,
  expected: Readonly<Record<string, unknown>>,
  actual: (name: string) => string | undefined,
  stage: Stage,
): Decision {
  const differences = factsThatDiffer(expected, actual, stage.names);
  const [first] = differences;
  if (!first) return 'met';
  const message = `${what}: ${first.path} is ${first.actual ?? 'missing'}, expected ${first.expected}`;
  return { ...actor.finding('mismatch', describeFacts(what, expected), message), differences };
}

/** What a step says of facts, in words. */
export function describeFacts(what: string, expected: Readonly<Record<string, unknown>>): string {
  const facts = Object.entries(expected).map(([name, value]) => `${name}: ${String(value)}`);
  return facts.length === 0 ? what : `${what} with ${facts.join(', ')}`;
}
