// The room Odd's own arithmetic: the order of images, the histogram, and numbers as text.
import { expect, it } from 'vitest';
import { countsIn, createAxis } from './histogram.ts';
import { ordered } from './order.ts';

const bits = [2, 1.9, 8, 0.1, Number.NaN, 2.1];

it('orders images by bits/dim, with values that aren’t finite first', () => {
  const rated = { bits, scores: bits, isCompared: false };
  expect(ordered(rated, 'most')).toEqual([4, 2, 5, 0, 1, 3]);
  expect(ordered(rated, 'fewest')).toEqual([4, 3, 1, 0, 5, 2]);
  expect(ordered(rated, 'odd')).toEqual([4, 2, 3, 1, 5, 0]);
});

it('orders images by a score', () => {
  const scores = [50, 40, 90, 0, 100, 55];
  expect(ordered({ bits, scores, isCompared: true }, 'odd')).toEqual([4, 2, 5, 0, 1, 3]);
});

it('counts values in bins of an axis with round ticks', () => {
  const axis = createAxis([], bits);
  expect(axis.ticks).toEqual([0, 2, 4, 6, 8]);
  const counts = countsIn(bits, axis, 8);
  expect(counts.reduce((sum, count) => sum + count)).toBe(5);
  expect([counts[0], counts[7]]).toEqual([1, 1]);
  expect(createAxis([]).ticks.length).toBeGreaterThan(2);
  expect(createAxis([3, 3])).toMatchObject({ ticks: expect.arrayContaining([3]) });
});

it('ends the axis near the reference, or near most values, however far an outlier is', () => {
  const reference = Array.from({ length: 200 }, (_, index) => 1 + index / 200);
  const axis = createAxis([1.5, 2.5, 300_000, -4], reference);
  expect(axis.low).toBeGreaterThan(-1);
  expect(axis.high).toBeLessThan(4);
  expect(axis.high).toBeGreaterThan(2.5);
  const alone = createAxis([1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 300_000]);
  expect(alone.high).toBeLessThan(4);
  expect(alone.high).toBeGreaterThan(1.9);
});
