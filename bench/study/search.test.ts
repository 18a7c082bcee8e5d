import { describe, expect, it } from 'vitest';
import { chooseRate } from './search.ts';

const tried = (...pairs: [number, number | null][]) =>
  pairs.map(([rate, bitsPerDim]) => ({ rate, bitsPerDim }));

describe('chooseRate', () => {
  it('takes the lowest bits/dim, at any position', () => {
    expect(chooseRate(tried([0.01, 2.1], [0.02, 2.0], [0.04, 2.2]))).toEqual({ chosen: 0.02, atEdge: false });
    expect(chooseRate(tried([0.04, 2.2], [0.01, 2.1], [0.02, 2.0]))).toEqual({ chosen: 0.02, atEdge: false });
  });

  it('reports when a rate beyond the grid may be better', () => {
    expect(chooseRate(tried([0.01, 2.1], [0.02, 2.2]))).toEqual({ chosen: 0.01, atEdge: true });
    expect(chooseRate(tried([0.01, 2.3], [0.02, 2.2]))).toEqual({ chosen: 0.02, atEdge: true });
  });

  it('skips diverged rates, which still bound the grid', () => {
    expect(chooseRate(tried([0.01, 2.1], [0.02, 2.0], [0.04, null]))).toEqual({
      chosen: 0.02,
      atEdge: false,
    });
    expect(chooseRate(tried([0.01, null], [0.02, null]))).toEqual({ chosen: null, atEdge: false });
    expect(chooseRate([])).toEqual({ chosen: null, atEdge: false });
  });

  it('takes the lower of two rates with equal results', () => {
    expect(chooseRate(tried([0.04, 2], [0.02, 2], [0.01, 3])).chosen).toBe(0.02);
  });
});
