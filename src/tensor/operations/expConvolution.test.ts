import { expect, it } from 'vitest';
import { lastTerm } from './expConvolution.ts';

it.each([
  [1, 'float32', 10],
  [1, 'float64', 18],
  [3, 'float64', 27],
  [0.01, 'float32', 3],
] as const)('a norm of %d in %s needs the terms 0 to %d', (normBound, precision, last) => {
  expect(lastTerm(normBound, precision)).toBe(last);
});
