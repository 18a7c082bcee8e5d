// Pixels as activations: the noise that dequantisation adds is popped from the stack, and given back in decoding.
import type { BitStack } from '../stack/bitStack.ts';
import { NOISE_BITS, ONE, OutOfRange } from '../stack/fixedPoint.ts';

const NOISE = 2 ** NOISE_BITS;

/** x = (v + u)/256 − ½ for 8-bit pixels v, with u in [0, 1) popped. */
export function dequantised(pixels: Uint8Array, stack: BitStack): Float64Array {
  const values = new Float64Array(pixels.length);
  for (let index = 0; index < values.length; index++) {
    values[index] = pixels[index]! * NOISE + stack.pop(NOISE) - ONE / 2;
  }
  return values;
}

/**
 * The pixels of activations; the noise is pushed.
 *
 * @throws OutOfRange if a value isn't a pixel
 */
export function quantised(values: Float64Array, stack: BitStack): Uint8Array {
  const pixels = new Uint8Array(values.length);
  for (let index = values.length - 1; index >= 0; index--) {
    const value = values[index]! + ONE / 2;
    if (!(value >= 0 && value < ONE)) {
      throw new OutOfRange();
    }
    pixels[index] = Math.floor(value / NOISE);
    stack.push(value - pixels[index]! * NOISE, NOISE);
  }
  return pixels;
}
