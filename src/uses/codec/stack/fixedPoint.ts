// Fixed point: how activations, shifts and scales become whole numbers.

/** The bits of the noise that makes 8-bit pixels fine enough for a density. More don't shorten files measurably. */
export const NOISE_BITS = 8;

/** The bits of an activation after the binary point: a pixel's and the noise's. */
export const FRACTION_BITS = 8 + NOISE_BITS;

/** One, as an activation. */
export const ONE = 2 ** FRACTION_BITS;

/** One, as a scale. */
export const SCALE_ONE = 2 ** 16;

/** Activations are at most this large, in either direction. */
export const LARGEST = 2 ** 32;

/** Thrown when an activation doesn't fit: the image has to be stored in another way. */
export class OutOfRange extends Error {
  constructor() {
    super('an activation is out of the range of fixed point');
    this.name = 'OutOfRange';
  }
}

/**
 * A real number as an activation.
 *
 * @throws OutOfRange if it is too large, or not a number
 */
export function toFixed(value: number): number {
  const fixed = Math.round(value * ONE);
  if (!(fixed <= LARGEST && fixed >= -LARGEST)) {
    throw new OutOfRange();
  }
  return fixed;
}

/** The size of a scale, as a whole number of 1/SCALE_ONE: at least one of them, at most 2^16 ones. */
export function fixedScale(scale: number): number {
  const size = Math.round(Math.abs(scale) * SCALE_ONE);
  if (Number.isNaN(size)) {
    throw new OutOfRange();
  }
  return Math.min(Math.max(size, 1), LARGEST);
}

/**
 * Checks activations after a step.
 *
 * @throws OutOfRange if one is too large
 */
export function requireInRange(values: Float64Array): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (!(value <= LARGEST && value >= -LARGEST)) {
      throw new OutOfRange();
    }
  }
}
