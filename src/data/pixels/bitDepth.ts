// Converts pixels on the host: 8 bits to fewer, a model's real values to integers, and to 8 bits for viewing.
import { call, phrase, UserError } from '../../errors.ts';

/**
 * Reduces 8-bit pixels to `bits` bits: `v >> (8 - bits)`.
 * Throws RangeError when `bits` is not an integer in 1..8.
 */
export function reduceBits(image: Uint8Array, bits: number): Uint8Array {
  const shift = 8 - checkBits(bits);
  return image.map((value) => value >> shift);
}

/**
 * Converts a model's values to pixels: ⌊(x + 0.5)·2^bits⌋, clipped to 0..2^bits - 1.
 *
 * Infinite values are clipped. NaN throws UserError.
 * Throws RangeError when `bits` is not an integer in 1..8.
 */
export function pixelsFromValues(x: ArrayLike<number>, bits: number): Uint8Array {
  const levels = 2 ** checkBits(bits);
  const pixels = new Uint8Array(x.length);
  for (let index = 0; index < x.length; index++) {
    const value = x[index]!;
    if (Number.isNaN(value)) {
      const what = `value ${index} of ${x.length} of the images is NaN, not a pixel value`;
      throw new UserError(
        'diverged',
        phrase`${what}: the model that made them has diverged; check it with ${call('diagnose')} or use an earlier checkpoint`,
      );
    }
    const level = (value + 0.5) * levels;
    // Stored as an integer, without its fraction.
    pixels[index] = level >= levels ? levels - 1 : Math.max(level, 0);
  }
  return pixels;
}

/**
 * Scales pixels of `bits` bits to 0..255 for viewing: v·255/(2^bits - 1), rounded, so that black stays black
 * and white stays white; 8-bit pixels are returned unchanged. `reduceBits` inverts it.
 * Throws RangeError when `bits` is not an integer in 1..8 or a pixel does not fit into `bits` bits.
 */
export function toEightBit(pixels: Uint8Array, bits: number): Uint8Array {
  const largest = 2 ** checkBits(bits) - 1;
  if (largest === 255) {
    return pixels;
  }
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
