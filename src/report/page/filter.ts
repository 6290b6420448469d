import type { Item } from './data.ts';
import type { Filter } from './route.ts';

export function matches(item: Item, { outcomes, specs, levels, runs, text }: Filter): boolean {
  return (
    has(outcomes, item.outcome) &&
    has(levels, item.one.level) &&
    has(runs, item.run) &&
    (specs.length === 0 || item.covers.some(({ specification }) => specs.includes(specification))) &&
    words(text).every((word) => item.haystack.includes(word))
  );
}

function has(list: readonly string[], value: string): boolean {
  return list.length === 0 || list.includes(value);
}

function words(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

export function isEmpty({ text, ...lists }: Filter): boolean {
  return text.trim() === '' && Object.values(lists).every((list) => list.length === 0);
}

/** How many items there are of each value that would be left with the other conditions. */
export function countsOf(
  items: readonly Item[],
  filter: Filter,
  condition: Exclude<keyof Filter, 'text'>,
  valuesOf: (item: Item) => readonly string[],
): Map<string, number> {
  const others = { ...filter, [condition]: [] };
  const counts = new Map<string, number>();
  for (const item of items) {
    const left = matches(item, others);
    for (const value of new Set(valuesOf(item))) counts.set(value, (counts.get(value) ?? 0) + (left ? 1 : 0));
  }
  return counts;
}

/** The list with the value taken out, or put in. */
export function toggled(list: readonly string[], value: string): string[] {
  return list.includes(value) ? list.filter((one) => one !== value) : [...list, value];
}
