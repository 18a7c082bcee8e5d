import { describe, expect, it } from 'vitest';
import {
  largestDifference,
  mean,
  median,
  quantile,
  standardErrorOfMean,
  valueRange,
  variance,
} from './statistics.ts';

describe('statistics', () => {
  it('of a few numbers match values computed by hand', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(variance([1, 2, 6])).toBe(7);
    expect(standardErrorOfMean([1, 2, 6])).toBeCloseTo(Math.sqrt(7 / 3), 12);
    expect(standardErrorOfMean([5])).toBeNull();
  });

  it('interpolate quantiles between values', () => {
    expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
    expect(quantile([1, 2, 4, 8], 0)).toBe(1);
    expect(quantile([1, 2, 4, 8], 1)).toBe(8);
    expect(quantile([1, 2, 4], 0.75)).toBe(3);
    expect(quantile([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], 0.9)).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it('find the median and the range of values in any order, and leave them unchanged', () => {
    const values = [10, 9, 2, 1];
    expect(median(values)).toBe(5.5);
    expect(median([10, 9, 2])).toBe(9);
    expect(valueRange(values)).toEqual([1, 10]);
    expect(values).toEqual([10, 9, 2, 1]);
  });
});

it('largestDifference takes the largest of either sign, and NaN before all others', () => {
  expect(largestDifference([1, 5, -2], [2, 3, 1])).toBe(3);
  expect(largestDifference([1, Number.NaN, 9], [1, 1, 1])).toBeNaN();
  expect(largestDifference([1], [1, 1])).toBeNaN();
});
