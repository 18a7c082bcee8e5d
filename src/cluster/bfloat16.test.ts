// Rounding to bfloat16 and sums of it, at ties and at the ends of its range.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../numeric/random.ts';
import { fromBfloat16, sumBfloat16, toBfloat16 } from './bfloat16.ts';

function rounded(...numbers: number[]): number[] {
  const bits = new Uint16Array(numbers.length);
  toBfloat16(Float32Array.from(numbers), bits);
  return numbersOf(bits);
}

function numbersOf(bits: Uint16Array): number[] {
  const numbers = new Float32Array(bits.length);
  fromBfloat16(bits, numbers);
  return [...numbers];
}

const bitsOf = (...numbers: number[]): Uint16Array => {
  const bits = new Uint16Array(numbers.length);
  toBfloat16(Float32Array.from(numbers), bits);
  return bits;
};

/** A float32 by its bits. */
const float = (word: number): number => new Float32Array(Uint32Array.of(word).buffer)[0]!;

describe('rounding', () => {
  it('keeps what has eight bits, and its sign', () => {
    const kept = [0, -0, 1, -1.9921875, 255, 2 ** -126, -(2 ** 127), 2 ** -133];
    expect(rounded(...kept)).toEqual(kept);
  });

  it('takes the nearest, and of two as near the even one', () => {
    const [step, half] = [2 ** -7, 2 ** -8];
    expect(rounded(1 + half, 1 + 3 * half, -1 - half, -1 - 3 * half)).toEqual([
      1,
      1 + 2 * step,
      -1,
      -1 - 2 * step,
    ]);
    const tiny = 2 ** -23;
    expect(rounded(1 + half + tiny, 1 + 3 * half - tiny)).toEqual([1 + step, 1 + step]);
    // The exponent grows.
    expect(rounded(2 - 2 ** -9, -(2 - 2 ** -8))).toEqual([2, -2]);
  });

  it('has subnormals, and rounds to the smallest and to zero', () => {
    const smallest = 2 ** -133;
    expect(rounded(3 * smallest, smallest / 2, -smallest / 2, 0.75 * smallest, 1.5 * smallest)).toEqual([
      3 * smallest,
      0,
      -0,
      smallest,
      2 * smallest,
    ]);
  });

  it('keeps infinities and NaN, and rounds what is too large to infinity', () => {
    const largest = float(0x7f7f_0000);
    expect(rounded(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, largest)).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      largest,
    ]);
    expect(rounded(float(0x7f7f_7fff), float(0x7f7f_8000), -float(0x7f7f_ffff))).toEqual([
      largest,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
    // NaN whose upper half alone would be an infinity, and others: some engines keep their bits.
    const words = Uint32Array.of(0x7f80_0001, 0xff80_0001, 0x7fff_ffff, 0xffff_ffff);
    const bits = new Uint16Array(words.length);
    toBfloat16(new Float32Array(words.buffer), bits);
    expect(numbersOf(bits).every(Number.isNaN)).toBe(true);
  });

  it('is as near as any other number', () => {
    const random = new RandomStream(1);
    const numbers = Array.from({ length: 1000 }, () =>
      Math.fround(random.normal() * 2 ** (random.integer(60) - 30)),
    );
    for (const [index, found] of rounded(...numbers).entries()) {
      expect(Math.abs(found / numbers[index]! - 1)).toBeLessThanOrEqual(2 ** -8);
    }
  });
});

describe('a sum', () => {
  it('is added in float32 in order, and rounded once', () => {
    // In bfloat16, 256 + 1 would stay 256, twice.
    expect(numbersOf(sumBfloat16([bitsOf(256, 1), bitsOf(1, 2), bitsOf(1, 3)]))).toEqual([258, 6]);
    // In another order, nothing would be left of 2 ** -30.
    const [large, small] = [bitsOf(1), bitsOf(2 ** -30)];
    const negative = bitsOf(-1);
    expect(numbersOf(sumBfloat16([large, negative, small]))).toEqual([2 ** -30]);
    expect(numbersOf(sumBfloat16([large, small, negative]))).toEqual([0]);
  });

  it('is not finite if a term is not, or it is too large', () => {
    const infinite = bitsOf(Number.POSITIVE_INFINITY, Number.NaN, 3e38, Number.POSITIVE_INFINITY);
    const other = bitsOf(1, 1, 3e38, Number.NEGATIVE_INFINITY);
    expect(numbersOf(sumBfloat16([infinite, other]))).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
  });
});
