import { expect, it } from 'vitest';
import { shuffled } from './shuffle.ts';

const ids = Array.from({ length: 100 }, (_, index) => `case-${index}`);
const own = (id: string) => id;

it('puts the same items in another order for each seed, and in the same for the same', () => {
  const order = shuffled(ids, 'one', own);
  expect(order.toSorted()).toEqual(ids.toSorted());
  expect(order).not.toEqual(ids);
  expect(shuffled(ids.toReversed(), 'one', own)).toEqual(order);
  expect(shuffled(ids, 'two', own)).not.toEqual(order);
});

it('keeps that order where some of the items are left out', () => {
  const odd = ids.filter((_, index) => index % 2 === 1);
  expect(shuffled(odd, 'one', own)).toEqual(shuffled(ids, 'one', own).filter((id) => odd.includes(id)));
});
