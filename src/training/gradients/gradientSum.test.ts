// Sums of gradients over arrays of several groups.
import { expect, it } from 'vitest';
import { addInPlace, gradientNorm, scaleInPlace } from './gradientSum.ts';

const groups = (...data: number[][]) =>
  Object.fromEntries(
    data.map((values, index) => [`g${index}`, { shape: [values.length], data: Float32Array.from(values) }]),
  );

it('adds and scales in place, every group', () => {
  const total = groups([1, 2], [3]);
  const { data } = total.g0!;
  addInPlace(total, groups([10, 20], [30]));
  scaleInPlace(total, 0.5);
  expect(total).toEqual(groups([5.5, 11], [16.5]));
  expect(total.g0!.data).toBe(data);
});

it('takes the norm over all groups, beyond what float32 could square', () => {
  expect(gradientNorm(groups([2, -3], [6]))).toBe(7);
  for (let length = 0; length < 10; length++) {
    const values = Array.from({ length }, (_, index) => index + 1);
    expect(gradientNorm(groups(values))).toBe(Math.sqrt((length * (length + 1) * (2 * length + 1)) / 6));
  }
  expect(gradientNorm(groups([3e30], [-4e30]))).toBeCloseTo(5e30, -24);
  expect(gradientNorm(groups([1, Number.NaN]))).toBeNaN();
});
