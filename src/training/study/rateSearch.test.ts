import { describe, expect, it } from 'vitest';
import { bestRate, type TriedRate } from './rateSearch.ts';

const tried = (values: Readonly<Record<string, readonly (number | null)[]>>): TriedRate[] =>
  Object.entries(values).map(([rate, each]) => ({ rate: Number(rate), values: each }));

describe('bestRate', () => {
  it('has the lowest mean over seeds', () => {
    const rates = tried({ 0.001: [3, 3], 0.003: [1, 4], 0.009: [2.6, 2.6], 0.027: [5, 5] });
    expect(bestRate(rates, 4)).toEqual({ rate: 0.003, next: null, problem: null });
  });

  it.each([
    ['above', { 0.001: [3], 0.003: [2] }, 0.009],
    ['below', { 0.001: [2], 0.003: [3] }, 0.00033],
    ['close above', { 0.01: [3], 0.0102: [2] }, 0.0104],
  ])('grows the grid %s the best rate at its edge', (_, values, next) => {
    expect(bestRate(tried(values), 2)).toMatchObject({ next, problem: null });
  });

  it('may be next to a rate that made a seed diverge', () => {
    expect(bestRate(tried({ 0.1: [3, 3], 0.2: [2, 2], 0.4: [null, 1] }), 3)).toMatchObject({
      rate: 0.2,
      next: null,
    });
  });

  it('says when the grid cannot grow', () => {
    const falling = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [10 ** (n - 8), [9 - n]]));
    expect(bestRate(tried(falling), 2)).toEqual({
      rate: 0.1,
      next: null,
      problem: 'the best rate, 0.1, is the highest tried, and the grid has grown by 6 rates already',
    });
    expect(bestRate(tried({ 100: [3], 600: [2] }), 2).problem).toContain('higher ones are not allowed');
  });

  it('has no rate if every one diverged', () => {
    expect(bestRate(tried({ 1: [null], 2: [Number.NaN] }), 2)).toEqual({
      rate: null,
      next: null,
      problem: 'training diverged at every rate',
    });
  });
});
