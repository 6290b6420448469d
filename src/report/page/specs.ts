import type { Item, PageRecord } from './data.ts';

/** What is known of a requirement, the least first: where cases disagree, the last of these counts. */
export const states = ['notShown', 'held', 'warned', 'known', 'broken'] as const;
type State = (typeof states)[number];

/** How many of a specification's requirements are in each state. */
export interface SpecRow extends Record<State, number> {
  specification: string;
  /** Requirements that a test could see and that no case of this run covers. */
  notCovered: number;
}

/** The specifications that the cases of a record are about; all that the suites know, where all were chosen. */
export function specRows(record: PageRecord, items: readonly Item[]): SpecRow[] {
  const { specifications = [] } = record.suites;
  const all = new Map(specifications.map(({ name, testable }) => [name, testable]));
  const bySpec = new Map<string, Map<string, State>>();
  if (!record.selection) for (const { name } of specifications) bySpec.set(name, new Map());
  for (const item of items) {
    const state = stateOf(item);
    for (const { specification, id } of item.covers) {
      const known = bySpec.get(specification) ?? new Map<string, State>();
      bySpec.set(specification, known);
      const before = known.get(id) ?? 'notShown';
      known.set(id, states.indexOf(state) > states.indexOf(before) ? state : before);
    }
  }
  return [...bySpec].map(([specification, known]) => {
    const row = { specification, notShown: 0, held: 0, warned: 0, known: 0, broken: 0 };
    for (const state of known.values()) row[state]++;
    return { ...row, notCovered: Math.max(0, (all.get(specification) ?? 0) - known.size) };
  });
}

function stateOf({ outcome }: Item): State {
  if (outcome === 'pass' || outcome === 'lucky') return 'held';
  if (outcome === 'known') return 'known';
  if (outcome === 'warn' || outcome === 'flaky') return 'warned';
  return outcome === 'fail' ? 'broken' : 'notShown';
}
