import { expect, it } from 'vitest';
import { largestDifference } from './compare.ts';

it('largestDifference takes the largest of either sign, and NaN before all others', () => {
  expect(largestDifference([1, 5, -2], [2, 3, 1])).toBe(3);
  expect(largestDifference([1, Number.NaN, 9], [1, 1, 1])).toBeNaN();
  expect(largestDifference([1], [1, 1])).toBeNaN();
});
