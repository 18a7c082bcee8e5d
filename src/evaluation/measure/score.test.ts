// Scores: where an image ranks among others, and their order.
import { expect, it } from 'vitest';
import { rank } from './score.ts';

const reference = Float64Array.from([4, 1, 3, 2]);
const scored = (...values: number[]) => rank([Float64Array.from(values)], reference);
const order = (...values: number[]) => scored(...values).map(({ index }) => index);

it('returns the share of reference images with a lower bits/dim', () => {
  const percentiles = scored(0.5, 1, 1.5, 2, 4, 4.5).sort((a, b) => a.index - b.index);
  expect(percentiles.map(({ percentile }) => percentile)).toEqual([0, 0, 25, 25, 75, 100]);
  expect(percentiles.map(({ oddness }) => oddness)).toEqual([1, 1, 0.5, 0.5, 0.5, 1]);
});

it('puts the oddest first, from both sides, and orders those beyond all references by distance', () => {
  expect(order(2.5, 9, 0.9, -20, 1.5)).toEqual([3, 1, 2, 4, 0]);
  expect(order(2.6, 2.2, 2.4)).toEqual([1, 0, 2]);
});

it('treats NaN as the oddest of all', () => {
  const [first, second] = scored(100, Number.NaN, 2.5);
  expect(first).toMatchObject({ index: 1, percentile: 100, oddness: 1 });
  expect(second!.index).toBe(0);
});

it('averages over draws and returns the standard error of the mean', () => {
  const draws = [1, 2, 6].map((value) => Float64Array.of(value, 2));
  const [a, b] = rank(draws, reference).sort((x, y) => x.index - y.index);
  // Variance (4 + 1 + 9)/2 = 7 over three draws.
  expect(a).toMatchObject({ bitsPerDim: 3, percentile: 50, standardError: Math.sqrt(7 / 3) });
  expect(b).toMatchObject({ bitsPerDim: 2, standardError: 0 });
  expect(scored(1)[0]!.standardError).toBeNull();
});
