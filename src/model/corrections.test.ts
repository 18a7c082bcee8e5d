// How decoded values compare with an image, and what corrects them.
import { describe, expect, it } from 'vitest';
import { asSeen, compareWithDecoded, correctImage, shortChecksum } from './corrections.ts';

/** The value in the middle of an 8-bit pixel's interval, moved by some grey levels. */
const intervalMiddle = (pixel: number, off = 0): number => (pixel + 0.5 + off) / 256 - 0.5;
const image = Uint8Array.of(0, 1, 100, 128, 200, 254, 255, 7);
const decodedWith = (errors: Record<number, number>): number[] =>
  [...image].map((pixel, position) => intervalMiddle(pixel, errors[position] ?? 0));

describe('a decoded image', () => {
  it('leaves an image in a Buffer, whose slices are views, as it is', () => {
    const buffer = Buffer.from(image);
    const { correction } = compareWithDecoded(decodedWith({ 2: 0.07, 6: -0.45 }), buffer, { bits: 8 });
    expect([...buffer]).toEqual([...image]);
    buffer.fill(9);
    expect(correction).toEqual({ positions: Uint32Array.of(2, 6), values: Uint8Array.of(100, 255) });
  });

  it('is exact without a correction if all values are close to the middle', () => {
    expect(compareWithDecoded(decodedWith({ 2: 0.06, 6: -0.06 }), image, { bits: 8 })).toEqual({
      exact: true,
      finite: true,
      correction: undefined,
    });
  });

  it('is exact, but corrected, where a value is right only just', () => {
    const { exact, correction } = compareWithDecoded(decodedWith({ 2: 0.07, 6: -0.45 }), image, { bits: 8 });
    expect(exact).toBe(true);
    expect(correction).toEqual({ positions: Uint32Array.of(2, 6), values: Uint8Array.of(100, 255) });
  });

  it('is corrected to the original where pixels are wrong', () => {
    const values = decodedWith({ 1: 30, 4: -0.6 });
    const { exact, finite, correction } = compareWithDecoded(values, image, { bits: 8 });
    expect({ exact, finite }).toEqual({ exact: false, finite: true });
    const decoded = Uint8Array.of(0, 31, 100, 128, 199, 254, 255, 7);
    correctImage(decoded, correction!);
    expect(decoded).toEqual(image);
    expect(correction!.positions).toHaveLength(2);
  });

  it('is replaced as a whole if many pixels are wrong, or a value is not finite', () => {
    const many = compareWithDecoded(decodedWith({ 1: 1, 2: 1, 3: -1 }), image, { bits: 8 });
    expect(many).toEqual({ exact: false, finite: true, correction: { values: image } });
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const broken = compareWithDecoded(decodedWith({ 5: value }), image, { bits: 8 });
      expect(broken).toEqual({ exact: false, finite: false, correction: { values: image } });
    }
  });

  it('is compared at the bit depth of the model', () => {
    // Three bits: 100 is level 3, shown as 109.
    const pixels = Uint8Array.of(100, 255, 0, 0);
    expect([...asSeen(pixels, { bits: 3 })]).toEqual([109, 255, 0, 0]);
    const values = [3, 7, 1, 0].map((level) => (level + 0.5) / 8 - 0.5);
    expect(compareWithDecoded(values, pixels, { bits: 3 })).toEqual({
      exact: false,
      finite: true,
      correction: { positions: Uint32Array.of(2), values: Uint8Array.of(0) },
    });
  });
});

it('a short checksum tells images apart', () => {
  expect(shortChecksum([image])).toMatch(/^[0-9a-f]{12}$/);
  expect(shortChecksum([image])).toBe(shortChecksum([image.subarray(0, 3), image.subarray(3)]));
  expect(shortChecksum([image])).not.toBe(shortChecksum([image.map((pixel) => pixel ^ 1)]));
});
