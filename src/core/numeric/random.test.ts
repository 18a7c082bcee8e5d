import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { fillWithNormals, integerBelow, nextBits, RandomStream, uniform } from './random.ts';

describe('RandomStream', () => {
  it('returns the same numbers for the same seed and path, others for another', () => {
    const draw = (seed: number, ...path: (string | number)[]) =>
      Array.from(
        { length: 8 },
        (
          (stream) => () =>
            stream.uniform()
        )(new RandomStream(seed, ...path)),
      );
    expect(draw(7, 'noise', 3)).toEqual(draw(7, 'noise', 3));
    const others = [
      draw(8, 'noise', 3),
      draw(7, 'noise', 4),
      draw(7, 'order', 3),
      draw(7 + 2 ** 32, 'noise', 3),
    ];
    for (const otherDraw of others) {
      expect(otherDraw).not.toEqual(draw(7, 'noise', 3));
    }
  });

  it('has uncorrelated streams for neighbouring counters', () => {
    const count = 20_000;
    let product = 0;
    let mean = 0;
    for (let step = 0; step < count; step++) {
      const a = new RandomStream(1, 'noise', step).uniform() - 0.5;
      const b = new RandomStream(1, 'noise', step + 1).uniform() - 0.5;
      product += (12 * a * b) / count;
      mean += a / count;
    }
    // Each is a mean of `count` terms of unit variance: five standard errors.
    expect(Math.abs(product)).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(12 * count));
  });

  it('draws the same numbers as ever: a run started by an earlier version continues unchanged', () => {
    const stream = new RandomStream(3, 'normal');
    expect([...stream.normals(3)]).toEqual([-2.051565826327462, -1.3154124016911077, 1.0136487969000296]);
    expect([stream.normal(), stream.integer(1000), stream.uniform()]).toEqual([
      0.635718071820332, 932, 0.07532599108279481,
    ]);
  });

  it('draws the same normal numbers one by one and many at a time, in any mixture, and the same numbers after them', () => {
    const oneByOne = new RandomStream(3, 'normal');
    const expected = Array.from({ length: 3000 }, () => oneByOne.normal());
    const mixed = new RandomStream(3, 'normal');
    const drawn: number[] = [];
    for (const count of [0, 1, 2, 0, 3, 1000, 1, 0, 7, 801, 5]) {
      drawn.push(...mixed.normals(count), mixed.normal());
    }
    drawn.push(...mixed.normals(3000 - drawn.length));
    expect(drawn).toEqual(expected);
    expect(mixed.uniform()).toBe(oneByOne.uniform());
  });

  it('permutes', () => {
    const order = new RandomStream(5, 'order').permutation(1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect([...order].filter((value, index) => value === index).length).toBeLessThan(10);
  });

  it('dequantises so that no 8-bit pixel is rounded to its neighbour in float32', () => {
    const noise = new Float32Array(1 << 20);
    new RandomStream(5, 'noise').fillDequantisationNoise(noise);
    let changed = 0;
    let mean = 0;
    for (const u of noise) {
      changed += Math.floor(Math.fround(255 + u)) === 255 ? 0 : 1;
      mean += u / noise.length;
    }
    expect(changed).toBe(0);
    expect(Math.max(...noise.subarray(0, 65536))).toBeGreaterThan(0.999);
    expect(mean).toBeCloseTo(0.5, 2);
  });
});

const start = [0x12345678, -0x7edcba99, -1, 0x0fedcba9];
const repeat = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);

describe('xoroshiro128+', () => {
  it('returns the bits and the uniform numbers of pure-rand', () => {
    const state = Int32Array.from(start);
    const reference = xoroshiro128plusFromState(start);
    expect(repeat(1000, () => nextBits(state))).toEqual(repeat(1000, () => reference.next()));
    expect(repeat(1000, () => uniform(state))).toEqual(repeat(1000, () => uniformFloat64(reference)));
    expect([...state]).toEqual([...reference.getState()]);
  });

  // Powers of two, where nothing is redrawn, and numbers where up to half is.
  it.each([1, 2, 3, 7, 256, 1000, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 3 * 2 ** 30, 2 ** 32 - 1, 2 ** 32])(
    'returns the integers below %i of pure-rand',
    (below) => {
      const state = Int32Array.from(start);
      const reference = xoroshiro128plusFromState(start);
      const expected = repeat(200, () => uniformInt(reference, 0, below - 1));
      expect(repeat(200, () => integerBelow(state, below))).toEqual(expected);
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
      const [x, y] = repeat(2, () => 2 * uniformFloat64(reference) - 1) as [number, number];
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
