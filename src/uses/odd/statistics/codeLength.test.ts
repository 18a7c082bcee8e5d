// The length of the code of images: by hand for tiny ones, and in the order of their complexity.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../core/numeric/random.ts';
import { tinyImages } from '../../../testing/tinyImages.ts';
import { codeLength } from './codeLength.ts';

const noise = (length: number, below: number): Uint8Array => {
  const random = new RandomStream(0);
  return Uint8Array.from({ length }, () => random.integer(below));
};

describe('the code length', () => {
  it('is the sum of adaptive decisions', () => {
    // Not different from its neighbour: half of the outcomes at first, then three quarters, then five sixths.
    expect(codeLength(Uint8Array.of(0, 0, 0), [1, 3, 1], 8)).toBeCloseTo(
      1 + Math.log2(4 / 3) + Math.log2(6 / 5),
      12,
    );
    // 1 differs: it does, upwards, by less than 2.
    expect(codeLength(Uint8Array.of(1), [1, 1, 1], 8)).toBeCloseTo(3, 12);
    // 3 = binary 11: differs, upwards, at least 2, less than 4, second bit 1.
    expect(codeLength(Uint8Array.of(3), [1, 1, 1], 8)).toBeCloseTo(5, 12);
  });

  it('grows with the complexity of an image', () => {
    const shape = [16, 16, 1] as const;
    const blank = codeLength(new Uint8Array(256).fill(200), shape, 8);
    const ramp = codeLength(
      Uint8Array.from({ length: 256 }, (_, index) => (index % 16) * 8),
      shape,
      8,
    );
    const spot = codeLength(tinyImages(1, 16, 0), shape, 8);
    const random = codeLength(noise(256, 256), shape, 8);
    expect([blank, ramp, spot, random]).toEqual([blank, ramp, spot, random].sort((a, b) => a - b));
    expect(blank).toBeLessThan(32);
    // Noise cannot be coded in less than its entropy, and not much more is needed.
    expect(random).toBeGreaterThan(8 * 256);
    expect(random).toBeLessThan(9.5 * 256);
  });

  it('counts the bits that a model takes', () => {
    const length = codeLength(noise(1024, 4), [32, 32, 1], 2);
    expect(length).toBeGreaterThan(2 * 1024);
    expect(length).toBeLessThan(2.8 * 1024);
  });

  it('of a grey image in colour is little longer', () => {
    const grey = tinyImages(1, 16, 5);
    const colour = Uint8Array.from({ length: 3 * 256 }, (_, index) => grey[Math.floor(index / 3)]!);
    const [ofGrey, ofColour] = [codeLength(grey, [16, 16, 1], 8), codeLength(colour, [16, 16, 3], 8)];
    expect(ofColour).toBeGreaterThan(ofGrey);
    expect(ofColour).toBeLessThan(ofGrey + 20);
  });

  it.each([[[1, 5, 1] as const], [[5, 1, 1] as const], [[3, 5, 2] as const], [[5, 3, 3] as const]])(
    'is finite for %j',
    (shape) => {
      const length = codeLength(noise(shape[0] * shape[1] * shape[2], 256), shape, 8);
      expect(Number.isFinite(length) && length > 0).toBe(true);
    },
  );
});
