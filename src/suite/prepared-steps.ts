import type { Verb } from '../vocabulary/vocabulary.ts';

/** What a verb made of its slots and the value behind it, both found to be in order. */
export interface PreparedStep {
  prepared: unknown;
}

const known = new Map<Verb, Map<string, PreparedStep>>();
/** Longer ones are rarely there twice. */
const longestKey = 10_000;

/**
 * Checks and prepares a step, or hands over what was made of one with the same words and the same value: the rows of
 * `each` and the cases of a suite have most of their steps in common. `make` returns nothing where something is wrong,
 * which is told each time.
 */
export function preparedOnce(
  verb: Verb,
  slots: Readonly<Record<string, string>>,
  value: unknown,
  make: () => PreparedStep | undefined,
): PreparedStep | undefined {
  const key = keyOf(slots, value);
  if (key === undefined || key.length > longestKey) return make();
  const ofVerb = known.get(verb) ?? new Map<string, PreparedStep>();
  known.set(verb, ofVerb);
  const step = ofVerb.get(key) ?? make();
  if (step) ofVerb.set(key, step);
  return step;
}

/** The same for the same words and value, and for no others; none where the value holds a number that JSON cannot. */
function keyOf(slots: Readonly<Record<string, string>>, value: unknown): string | undefined {
  let exact = true;
  const key = JSON.stringify([slots, value], (_, part: unknown) => {
    if (typeof part === 'number' && (!Number.isFinite(part) || Object.is(part, -0))) exact = false;
    return part;
  });
  return exact ? key : undefined;
}
