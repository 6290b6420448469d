import type { Item } from './data.ts';

/** What the cases of one record, or of several, say of a specification's requirements. */
export interface SpecRow {
  specification: string;
  held: number;
  broken: number;
  /** Of these, the ones that are only known to be broken. */
  known: number;
  /** Requirements of cases that were unsupported, taught nothing, or were not played. */
  notShown: number;
  /** Requirements of the catalogue that no case of this run covers. */
  notCovered: number;
  /** Where the record does not say what the catalogue holds. */
  unknown: boolean;
}

type State = 'held' | 'known' | 'broken' | 'notShown';

const worst: readonly State[] = ['notShown', 'held', 'known', 'broken'];

/** A requirement is broken where one case says so, held where none does and one passed. */
export function specRows(items: readonly Item[], testable: ReadonlyMap<string, number>): SpecRow[] {
  const bySpec = new Map<string, Map<string, State>>();
  for (const item of items) {
    const state = stateOf(item);
    for (const { specification, id } of item.covers) {
      const states = bySpec.get(specification) ?? new Map<string, State>();
      bySpec.set(specification, states);
      const before = states.get(id) ?? 'notShown';
      states.set(id, worst.indexOf(state) > worst.indexOf(before) ? state : before);
    }
  }
  return [...bySpec].map(([specification, states]) => {
    const count = (state: State) => [...states.values()].filter((one) => one === state).length;
    const all = testable.get(specification);
    return {
      specification,
      held: count('held'),
      broken: count('broken') + count('known'),
      known: count('known'),
      notShown: count('notShown'),
      notCovered: Math.max(0, (all ?? 0) - states.size),
      unknown: all === undefined,
    };
  });
}

function stateOf({ outcome }: Item): State {
  if (outcome === 'pass' || outcome === 'lucky') return 'held';
  if (outcome === 'known') return 'known';
  return outcome === 'fail' || outcome === 'warn' ? 'broken' : 'notShown';
}
