// The room Odd's own arithmetic: the order of images, the histogram, and percentiles as text.
import { expect, it } from 'vitest';
import { axisOf, countsIn } from './histogram.ts';
import { ordered } from './order.ts';
import { percentText, rankText } from './percentText.ts';

const bits = [2, 1.9, 8, 0.1, Number.NaN, 2.1];

it('orders images by bits/dim, with values that aren’t finite first', () => {
  expect(ordered(bits, undefined, 'most')).toEqual([4, 2, 5, 0, 1, 3]);
  expect(ordered(bits, undefined, 'fewest')).toEqual([4, 3, 1, 0, 5, 2]);
  expect(ordered(bits, undefined, 'odd')).toEqual([4, 2, 3, 1, 5, 0]);
});

it('orders images by how extreme their percentiles are', () => {
  expect(ordered(bits, [50, 40, 90, 0, 100, 55], 'odd')).toEqual([4, 3, 2, 1, 5, 0]);
});

it('counts values in bins of an axis with round ticks', () => {
  const axis = axisOf(bits);
  expect(axis.ticks).toEqual([0, 2, 4, 6, 8]);
  expect(axis.low).toBeLessThan(0.1);
  expect(axis.high).toBeGreaterThan(8);
  const counts = countsIn(bits, axis, 8);
  expect(counts.reduce((sum, one) => sum + one)).toBe(5);
  expect([counts[0], counts[7]]).toEqual([1, 1]);
  expect(axisOf([]).ticks.length).toBeGreaterThan(2);
  expect(axisOf([3, 3])).toMatchObject({ ticks: expect.arrayContaining([3]) });
});

it('adds a decimal to percentiles near 0 and 100', () => {
  expect([0, 0.4, 42.3, 99.96, 100].map(percentText)).toEqual(['0 %', '0.4 %', '42 %', '100.0 %', '100 %']);
});

it('puts a percentile into words', () => {
  expect([0, 0.4, 42.3, 100].map((one) => rankText(one, '16 images'))).toEqual([
    'fewer bits than nearly all 16 images',
    'fewer bits than nearly all 16 images',
    'more bits than 42 % of 16 images',
    'more bits than nearly all 16 images',
  ]);
});
