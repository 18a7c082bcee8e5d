// The test of Kolmogorov and Smirnov: against tables, and its rate of false alarms.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { kolmogorovSmirnov, uniformity } from './kolmogorovSmirnov.ts';

const even = (count: number, low: number, high: number): number[] =>
  Array.from({ length: count }, (_, index) => low + ((index + 0.5) * (high - low)) / count);

describe('two sets of numbers', () => {
  it('are compared as in tables: D = 1.358/√n has p = 0.05, 1.628/√n p = 0.01', () => {
    // Sets of 20,000: n = 10,000, and a shift by D of a uniform distribution.
    for (const [level, p] of [
      [1.358, 0.05],
      [1.628, 0.01],
    ] as const) {
      const d = level / 100;
      expect(kolmogorovSmirnov(even(20_000, 0, 1), even(20_000, d, 1 + d))).toBeCloseTo(p, 2);
    }
  });

  it('are the same whatever their order, and NaN is infinite', () => {
    expect(kolmogorovSmirnov([3, 1, 2], [2, 3, 1])).toBe(1);
    expect(kolmogorovSmirnov([1, Number.NaN], [1, Number.POSITIVE_INFINITY])).toBe(1);
    expect(kolmogorovSmirnov(even(50, 0, 1), even(50, 2, 3))).toBeLessThan(1e-9);
  });

  it('of the same source differ at the level 0.05 in a twentieth of all cases', () => {
    const random = new RandomStream(0);
    const alarms = Array.from({ length: 1000 }, () =>
      kolmogorovSmirnov(random.normals(30), random.normals(200)),
    ).filter((p) => p <= 0.05).length;
    expect(alarms).toBeGreaterThan(25);
    expect(alarms).toBeLessThan(75);
  });
});

it('finds numbers that are not uniform', () => {
  expect(uniformity(even(200, 0, 1))).toBe(1);
  expect(uniformity(even(200, 0, 0.8))).toBeLessThan(0.001);
});
