// The brightness of ninths, by hand.
import { expect, it } from 'vitest';
import { ninthNames, ninthsOf } from './ninths.ts';

it('is the mean of each cell, row by row', () => {
  const image = Uint8Array.from({ length: 4 * 6 }, (_, at) => 10 * Math.floor(at / 6) + (at % 6));
  // Rows 0 and 1 are the upper third, columns 0 and 1 the left third.
  expect([...ninthsOf(image, [4, 6, 1])]).toEqual([5.5, 7.5, 9.5, 20.5, 22.5, 24.5, 30.5, 32.5, 34.5]);
  expect(ninthNames).toHaveLength(9);
});

it('averages channels, and is 0 where an image is too small to have pixels', () => {
  expect([...ninthsOf(Uint8Array.of(0, 60, 240), [1, 1, 3])]).toEqual([100, 0, 0, 0, 0, 0, 0, 0, 0]);
});
