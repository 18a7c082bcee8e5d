// Pixels on the host: from 8 bits to fewer, from a model's real values back to integers, and to 8 bits for viewing.
import { call, phrase, UserError } from '../../errors.ts';

/**
 * 8-bit pixels reduced to `bits` bits: `v >> (8 - bits)`.
 * Throws RangeError when `bits` is not an integer in 1..8.
 */
export function reduceBits(image: Uint8Array, bits: number): Uint8Array {
  const shift = 8 - checkBits(bits);
  return image.map((value) => value >> shift);
}

/**
 * The pixels that a model's values stand for: ⌊(x + 0.5)·2^bits⌋, clipped to 0..2^bits - 1.
 *
 * Infinite values clip like any other beyond the range. NaN is no pixel and throws UserError.
 * Throws RangeError when `bits` is not an integer in 1..8.
 */
export function pixelsFromValues(x: ArrayLike<number>, bits: number): Uint8Array {
  const levels = 2 ** checkBits(bits);
  const pixels = new Uint8Array(x.length);
  for (let index = 0; index < x.length; index++) {
    const value = x[index]!;
    if (Number.isNaN(value)) {
      const what = `value ${index} of ${x.length} of the images is NaN, which is no pixel`;
      throw new UserError(
        'diverged',
        phrase`${what}: the model that made them has diverged; check it with ${call('diagnose')} or take an earlier checkpoint`,
      );
    }
    pixels[index] = Math.min(Math.max(Math.floor((value + 0.5) * levels), 0), levels - 1);
  }
  return pixels;
}

/**
 * Pixels of `bits` bits spread over 0..255 for viewing: v·255/(2^bits - 1), rounded, so that black stays black
 * and white is white. `reduceBits` gives the same pixels back.
 * Throws RangeError when `bits` is not an integer in 1..8 or a pixel does not fit in so many bits.
 */
export function toEightBit(pixels: Uint8Array, bits: number): Uint8Array {
  const largest = 2 ** checkBits(bits) - 1;
  return pixels.map((value) => {
    if (value > largest) {
      throw new RangeError(`pixel ${value} does not fit in ${bits} bits (0..${largest})`);
    }
    return Math.round((value * 255) / largest);
  });
}

function checkBits(bits: number): number {
  if (!Number.isInteger(bits) || bits < 1 || bits > 8) {
    throw new RangeError(`pixels have 1 to 8 bits, not ${bits}`);
  }
  return bits;
}
