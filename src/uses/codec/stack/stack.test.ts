// Maps and codes on the stack of bits: exact inverses, also at the extremes, and lengths in bits.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitStack } from '../../../core/numeric/bitStack.ts';
import { normalDistribution } from '../../../core/numeric/portableMath.ts';
import { RandomStream } from '../../../core/numeric/random.ts';
import { mixture } from '../../../flows/coupling/mixture.ts';
import { filledStack } from '../../../testing/filledStack.ts';
import { FRACTION_BITS, fixedScale, LARGEST, ONE, OutOfRange, SCALE_ONE, toFixed } from './fixedPoint.ts';
import { popLatent, pushLatent } from './latentStack.ts';
import { alongCurve, backFromCurve, PIECE, scaleDown, scaleUp } from './modularAffine.ts';

describe('the modular affine map', () => {
  const scale = fc.oneof(
    fc.integer({ min: 1, max: 2 ** 20 }),
    fc.constantFrom(1, SCALE_ONE - 1, SCALE_ONE, SCALE_ONE + 1, LARGEST - 1, LARGEST),
  );

  it('is exact in both directions, and the stack is as before', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), scale, fc.boolean(), fc.integer(), (number, numerator, up, seed) => {
        const stack = filledStack(20, seed);
        const before = stack.toBytes();
        // As large as the result allows.
        const largest = Math.min(LARGEST, Math.floor((LARGEST * SCALE_ONE) / numerator));
        // Without −0, which no whole number in a stack is.
        const x = (number % (up ? largest : LARGEST)) + 0;
        const y = up ? scaleUp(stack, x, numerator) : scaleDown(stack, x, numerator);
        const right = up ? (x * numerator) / SCALE_ONE : (x * SCALE_ONE) / numerator;
        expect(Math.abs(y - right)).toBeLessThanOrEqual(
          1 + Math.abs(right) * 1e-9 + (up ? numerator / SCALE_ONE : SCALE_ONE / numerator),
        );
        expect(up ? scaleDown(stack, y, numerator) : scaleUp(stack, y, numerator)).toBe(x);
        expect(stack.toBytes()).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [LARGEST, SCALE_ONE],
    [-LARGEST, SCALE_ONE],
    [LARGEST, 1],
    [SCALE_ONE, LARGEST],
    [-SCALE_ONE, LARGEST],
    [-1, 1],
    [0, LARGEST],
  ])('is exact at the extremes: %d times %d', (x, numerator) => {
    const stack = filledStack(20);
    const before = stack.toBytes();
    expect(scaleDown(stack, scaleUp(stack, x, numerator), numerator)).toBe(x);
    expect(stack.toBytes()).toEqual(before);
  });

  it('refuses products that are not exact', () => {
    expect(() => scaleUp(filledStack(20), LARGEST, LARGEST)).toThrow(OutOfRange);
    expect(() => scaleDown(filledStack(20), 2 ** 36, 3)).toThrow(OutOfRange);
  });

  it('takes the bits of its scale', () => {
    const stack = filledStack(10_000);
    const before = stack.bits;
    for (let index = 0; index < 1000; index++) {
      scaleUp(stack, index * 1000, 3 * SCALE_ONE);
    }
    expect((before - stack.bits) / 1000).toBeCloseTo(Math.log2(3), 3);
  });
});

describe('fixed point', () => {
  it('refuses numbers that do not fit', () => {
    expect(toFixed(1.5)).toBe(1.5 * ONE);
    for (const value of [Number.NaN, Infinity, 1e9]) {
      expect(() => toFixed(value)).toThrow(OutOfRange);
    }
    expect([0, 1e-30, -2, Infinity].map(fixedScale)).toEqual([1, 1, 2 * SCALE_ONE, LARGEST]);
    expect(() => fixedScale(Number.NaN)).toThrow(OutOfRange);
  });
});

describe('latents', () => {
  const normal = (location: number, rate: number) => ({ distribution: normalDistribution, location, rate });
  const gaussian = fc.tuple(
    fc.double({ min: -70, max: 70, noNaN: true }),
    fc.oneof(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), fc.constantFrom(1e-12, 1e12)),
  );

  it('return every latent in range, likely or not', () => {
    fc.assert(
      fc.property(gaussian, fc.integer({ min: -64 * ONE, max: 64 * ONE - 1 }), ([mean, rate], z) => {
        const stack = filledStack(10);
        const before = stack.toBytes();
        pushLatent(stack, z, normal(mean, rate));
        expect(popLatent(stack, normal(mean, rate))).toBe(z);
        expect(stack.toBytes()).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  it('give back whatever is popped', () => {
    fc.assert(
      fc.property(gaussian, fc.integer(), ([mean, rate], seed) => {
        const stack = filledStack(10, seed);
        const before = stack.toBytes();
        const z = popLatent(stack, normal(mean, rate));
        pushLatent(stack, z, normal(mean, rate));
        expect(stack.toBytes()).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  it('take −log2 of the density in bits', () => {
    const random = new RandomStream(2, 'latents');
    const stack = new BitStack();
    let bits = 0;
    const normals = random.normals(4000);
    for (const [index, epsilonDrawn] of normals.entries()) {
      const [mean, deviation] = [Math.sin(index), 0.05 + (index % 7) / 3];
      const z = Math.floor((mean + deviation * epsilonDrawn) * ONE);
      pushLatent(stack, z, normal(mean, 1 / deviation));
      const epsilon = (z / ONE - mean) / deviation;
      bits += (epsilon ** 2 / 2 + Math.log(2 * Math.PI) / 2 + Math.log(deviation)) / Math.LN2 + FRACTION_BITS;
    }
    expect(stack.bits / bits).toBeCloseTo(1, 3);
  });

  it('refuse latents out of range, and numbers that are not finite', () => {
    expect(() => pushLatent(filledStack(1), 64 * ONE, normal(0, 1))).toThrow(OutOfRange);
    expect(() => pushLatent(filledStack(1), 0, normal(Number.NaN, 1))).toThrow(OutOfRange);
    expect(() => popLatent(filledStack(1), normal(0, Infinity))).toThrow(OutOfRange);
  });
});

/** A result, unless it is out of range. */
function attempt(compute: () => number): number | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof OutOfRange) {
      return undefined;
    }
    throw error;
  }
}

describe('rising curves', () => {
  /** Steep, flat and bent. */
  const curves: Record<string, (x: number) => number> = {
    identity: (x) => x,
    'nearly flat': (x) => x / 100,
    steep: (x) => 300 * x,
    'with steps': (x) => normalDistribution(50 * (x - 0.3)) + 2 * normalDistribution((x + 1) / 3) + 1e-6 * x,
  };

  it.each(Object.entries(curves))('are exact in both directions: %s', (_, curve) => {
    fc.assert(
      fc.property(
        fc.integer({ min: -100 * ONE, max: 100 * ONE }),
        fc.integer(),
        fc.integer({ min: 1, max: LARGEST }),
        (value, seed, rise) => {
          const stack = filledStack(20, seed);
          const before = stack.toBytes();
          expect(backFromCurve(stack, alongCurve(stack, value, curve), curve, { rise })).toBe(value);
          expect(stack.toBytes()).toEqual(before);
          const back = attempt(() => backFromCurve(stack, value, curve, { rise }));
          // A curve may not reach the value.
          if (back !== undefined) {
            expect(alongCurve(stack, back, curve)).toBe(value);
            expect(stack.toBytes()).toEqual(before);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are inverted with few evaluations, which take most of the time with mixtures', () => {
    const { curve } = mixture()([1, 1, 1]).scalar as { curve(numbers: Float64Array): (x: number) => number };
    const random = new RandomStream(0, 'numbers');
    const [stack, inversions] = [filledStack(2000), 300];
    const last = { rise: PIECE };
    let evaluations = 0;
    for (let index = 0; index < inversions; index++) {
      const ofNumbers = curve(random.normals(14));
      const counted = (x: number): number => {
        evaluations++;
        return ofNumbers(x);
      };
      backFromCurve(stack, Math.floor(2 * random.normal() * ONE), counted, last);
    }
    // Halving by itself takes 11 or more.
    expect(evaluations / inversions).toBeLessThan(8);
  });

  it('refuse curves that are not finite', () => {
    const curve = () => Number.NaN;
    expect(() => alongCurve(filledStack(20), 5, curve)).toThrow(OutOfRange);
    expect(() => backFromCurve(filledStack(20), 5, curve, { rise: PIECE })).toThrow(OutOfRange);
  });
});
