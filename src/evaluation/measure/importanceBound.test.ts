// The importance-weighted bound: by hand, without overflow, and where it lies for draws of any kind.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mean } from '../../numeric/statistics.ts';
import { importanceBound } from './importanceBound.ts';

describe('importanceBound', () => {
  it('is the logarithm of the mean density', () => {
    // One value per image: densities 2⁻¹ and 2⁻³, whose mean is 5/16.
    const { bitsPerDim, samplingError, draws } = importanceBound([Float64Array.of(1), Float64Array.of(3)], 1);
    expect(bitsPerDim).toBeCloseTo(-Math.log2(5 / 16), 12);
    expect([samplingError, draws]).toEqual([null, 2]);
  });

  it('handles densities beyond the floating-point range, on either side', () => {
    for (const value of [-40, 40]) {
      const draws = [Float64Array.of(value), Float64Array.of(value)];
      expect(importanceBound(draws, 10_000).bitsPerDim).toBeCloseTo(value, 9);
    }
    const apart = [Float64Array.of(1), Float64Array.of(2)];
    expect(importanceBound(apart, 10_000).bitsPerDim).toBeCloseTo(1 + 1 / 10_000, 9);
  });

  it('propagates non-finite values', () => {
    const infinite = Float64Array.of(Number.POSITIVE_INFINITY);
    expect(importanceBound([infinite, infinite], 4).bitsPerDim).toBe(Number.POSITIVE_INFINITY);
    expect(importanceBound([infinite, Float64Array.of(2)], 4).bitsPerDim).toBeCloseTo(2.25, 12);
    expect(importanceBound([Float64Array.of(Number.NaN), Float64Array.of(2)], 4).bitsPerDim).toBeNaN();
  });

  it('lies between the plain mean of its draws and the smallest of them', () => {
    const values = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 3000 }), (values, dimensions) => {
        const { bitsPerDim } = importanceBound(
          values.map((value) => Float64Array.of(value)),
          dimensions,
        );
        expect(bitsPerDim).toBeLessThanOrEqual(mean(values) + 1e-9);
        expect(bitsPerDim).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
      }),
    );
  });
});
