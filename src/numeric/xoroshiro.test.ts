import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { fillWithNormals, integerBelow, nextBits, uniform } from './xoroshiro.ts';

const start = [0x12345678, -0x7edcba99, -1, 0x0fedcba9];
const times = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);

describe('xoroshiro128+', () => {
  it('returns the bits and the uniform numbers of pure-rand', () => {
    const state = Int32Array.from(start);
    const reference = xoroshiro128plusFromState(start);
    expect(times(1000, () => nextBits(state))).toEqual(times(1000, () => reference.next()));
    expect(times(1000, () => uniform(state))).toEqual(times(1000, () => uniformFloat64(reference)));
    expect([...state]).toEqual([...reference.getState()]);
  });

  // Powers of two, for which nothing is redrawn, and numbers for which up to half is.
  it.each([1, 2, 3, 7, 256, 1000, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 3 * 2 ** 30, 2 ** 32 - 1, 2 ** 32])(
    'returns the integers below %i of pure-rand',
    (below) => {
      const state = Int32Array.from(start);
      const reference = xoroshiro128plusFromState(start);
      const expected = times(200, () => uniformInt(reference, 0, below - 1));
      expect(times(200, () => integerBelow(state, below))).toEqual(expected);
      expect([...state]).toEqual([...reference.getState()]);
    },
  );

  it('returns the normal numbers of the polar method', () => {
    const state = Int32Array.from(start);
    const out = new Float64Array(1000);
    fillWithNormals(out, state);
    const reference = xoroshiro128plusFromState(start);
    const expected: number[] = [];
    while (expected.length < out.length) {
      const [x, y] = times(2, () => 2 * uniformFloat64(reference) - 1) as [number, number];
      const square = x ** 2 + y ** 2;
      if (square > 0 && square <= 1) {
        const stretch = Math.sqrt((-2 * Math.log(square)) / square);
        expected.push(y * stretch, x * stretch);
      }
    }
    expect([...out]).toEqual(expected);
    expect([...state]).toEqual([...reference.getState()]);
  });
});
