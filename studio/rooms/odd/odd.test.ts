// The room Odd's own arithmetic: the order of images, the histogram, and numbers as text.
import { expect, it } from 'vitest';
import { axisOf, countsIn } from './histogram.ts';
import { chanceText, pText, rankText, scoreText, sourceText } from './oddText.ts';
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
  const axis = axisOf([], bits);
  expect(axis.ticks).toEqual([0, 2, 4, 6, 8]);
  const counts = countsIn(bits, axis, 8);
  expect(counts.reduce((sum, one) => sum + one)).toBe(5);
  expect([counts[0], counts[7]]).toEqual([1, 1]);
  expect(axisOf([]).ticks.length).toBeGreaterThan(2);
  expect(axisOf([3, 3])).toMatchObject({ ticks: expect.arrayContaining([3]) });
});

it('ends the axis near the reference, or near most values, however far an outlier is', () => {
  const reference = Array.from({ length: 200 }, (_, index) => 1 + index / 200);
  const axis = axisOf([1.5, 2.5, 300_000, -4], reference);
  expect(axis.low).toBeGreaterThan(-1);
  expect(axis.high).toBeLessThan(4);
  expect(axis.high).toBeGreaterThan(2.5);
  const alone = axisOf([1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 300_000]);
  expect(alone.high).toBeLessThan(4);
  expect(alone.high).toBeGreaterThan(1.9);
});

it('shortens scores and p-values', () => {
  expect([1.23456, -12.345, 0, -0.0001, 1234.5, 312_345, Number.POSITIVE_INFINITY].map(scoreText)).toEqual([
    '1.235',
    '−12.3',
    '0.000',
    '0.000',
    '1,235',
    '3.1e5',
    'not finite',
  ]);
  expect([0.0005, 0.0124, 0.5, 1].map(pText)).toEqual(['p < 0.001', 'p 0.012', 'p 0.50', 'p 1.00']);
});

it('puts p-values and the test of a set into words', () => {
  expect(rankText(1 / 17, 16, '16 images')).toBe('Odder than all 16 images');
  expect(rankText(4 / 17, 16, '16 images')).toBe('3 of 16 images are at least as odd');
  expect(chanceText([0.001, 0.5, 0.6], 2000)).toBe('1 image with p ≤ 0.01; fewer than 1 expected by chance.');
  expect(chanceText(new Array(250).fill(0.5), 2000)).toBe(
    '0 images with p ≤ 0.01; about 2.5 expected by chance.',
  );
  expect(chanceText([0.5], 16)).toBe(
    'Too few reference images (16) to call any image odd at 1 %: the first are the most unusual.',
  );
  expect(sourceText(undefined)).toMatch(/^Fewer than 10 images/);
  const shift = { statistic: 'brightness', text: 'darker', pValue: 0.001 } as const;
  const source = { same: false, pValue: 0.001, falseAlarms: 0.01, shifts: [shift] };
  expect(sourceText(source)).toMatch(
    /^As a set, they differ from the validation images \(p = 0\.001, 1 % false alarms\): darker\. .*prepare them .* choose a model/,
  );
  expect(sourceText({ ...source, same: true })).toMatch(/they don’t differ/);
});
