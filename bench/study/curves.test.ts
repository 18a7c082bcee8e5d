import { describe, expect, it } from 'vitest';
import { commonEnd, overSeconds, valueAt } from './curves.ts';

const curve = overSeconds(
  [
    { step: 10, bitsPerDim: 4 },
    { step: 20, bitsPerDim: 3 },
    { step: 40, bitsPerDim: 1 },
  ],
  0.5,
);

describe('a validation curve over seconds', () => {
  it('has each point at its step times the seconds per step', () => {
    expect(curve.map(({ seconds }) => seconds)).toEqual([5, 10, 20]);
  });

  it('returns its points exactly', () => {
    expect([5, 10, 20].map((seconds) => valueAt(curve, seconds))).toEqual([4, 3, 1]);
    expect(valueAt(curve, 20 * (1 + 1e-12))).toBe(1);
  });

  it('is linear in the logarithm of the seconds between them', () => {
    expect(valueAt(curve, Math.sqrt(5 * 10))).toBeCloseTo(3.5, 12);
    expect(valueAt(curve, 10 * 2 ** 0.25)).toBeCloseTo(2.5, 12);
  });

  it('is null where nothing was measured', () => {
    expect(valueAt(curve, 4.9)).toBeNull();
    expect(valueAt(curve, 20.1)).toBeNull();
    expect(valueAt([], 1)).toBeNull();
  });

  it('ends with the shortest', () => {
    expect(commonEnd([curve, overSeconds([{ step: 10, bitsPerDim: 2 }], 1.2)])).toBe(12);
    expect(commonEnd([curve, []])).toBeNull();
  });
});
