// Normal noise by its distance, against draws.
import { RandomStream } from 'emerging-flows';
import { expect, it } from 'vitest';
import { describeShell, distanceDensity, pointDensity, shareWithin } from './shell.ts';

it.each([1, 2, 5, 20])('counts the points within a distance as draws in %d dimensions', (dimensions) => {
  const random = new RandomStream(1, 'shell');
  const draws = Array.from({ length: 4000 }, () =>
    Math.sqrt(
      Array.from({ length: dimensions }, () => random.normal() ** 2).reduce((sum, square) => sum + square) /
        dimensions,
    ),
  );
  for (const distance of [0.5, 1]) {
    const share = draws.filter((draw) => draw < distance).length / draws.length;
    expect(Math.abs(shareWithin(distance, dimensions) - share)).toBeLessThan(0.03);
  }
});

it('has both densities highest at 0 in one dimension, and apart in many', () => {
  expect(distanceDensity(1)(0.7)).toBeCloseTo(pointDensity(1)(0.7));
  expect(distanceDensity(784)(Math.sqrt(783 / 784))).toBeCloseTo(1);
  expect(pointDensity(784)(1)).toBeLessThan(1e-100);
  expect(describeShell(1)).toMatch(/^In one dimension, both agree: .* Of all noise, 38 % is/);
  expect(describeShell(784)).toMatch(/10¹⁷⁰ times as likely .* Of all noise, 1 in 10\S+ is/);
});
