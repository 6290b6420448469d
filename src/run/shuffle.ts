import { createHash } from 'node:crypto';

/** The items in an order that the seed alone decides: two of them stand the same way round whatever else there is. */
export function shuffled<T>(items: readonly T[], seed: string, idOf: (item: T) => string): T[] {
  const places = new Map(items.map((item) => [item, placeOf(`${seed}\0${idOf(item)}`)]));
  return items.toSorted((one, other) => ((places.get(one) ?? '') < (places.get(other) ?? '') ? -1 : 1));
}

function placeOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
