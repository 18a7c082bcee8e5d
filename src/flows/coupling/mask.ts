// The contract of masks: which values of an image a coupling keeps, and which it changes.
import type { ImageShape } from '../../core/numeric/index.ts';

/**
 * Which values of an image a coupling keeps, 1, and which it changes, 0: for each channel, `[C]`, the same at every pixel;
 * for each pixel, `[H][W]`, with all of its channels; or for each value, `[H][W][C]`.
 */
export type Mask =
  | readonly number[]
  | readonly (readonly number[])[]
  | readonly (readonly (readonly number[])[])[];

/** A mask, or how it is made for images of a shape. */
export type MaskFor = Mask | ((shape: ImageShape) => Mask);
