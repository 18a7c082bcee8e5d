// The contract of masks: which values of an image a coupling keeps, and which it changes.
import type { ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';

/** The values of a batch that a coupling keeps, and those it changes. */
export interface MaskedParts {
  /** The values that stay, in the form that `join` takes. */
  readonly kept: Tensor;
  /** The values that change, `[N, …changedShape]`. */
  readonly changed: Tensor;
}

/** Which values of an image a coupling keeps, and which it changes. */
export interface Mask {
  /** The shape of an image as the conditioner sees it. */
  readonly seenShape: ImageShape;
  /** The shape of the changed values of an image. */
  readonly changedShape: ImageShape;
  /** Takes images apart. */
  divide(x: Tensor): MaskedParts;
  /** The images as the conditioner sees them, `[N, …seenShape]`: a function of the kept values alone. */
  see(kept: Tensor): Tensor;
  /**
   * The numbers for the changed values, `[N, …]` over the pixels of `changedShape`, from the conditioner's for every pixel
   * of `seenShape`; the channels stay.
   */
  select(numbers: Tensor): Tensor;
  /** Puts images together again: the inverse of `divide`. */
  join(parts: MaskedParts): Tensor;
  /** What arises at each pixel of the image, `[N, H, W]`, from what arises at each changed value, `[N, …changedShape]`. */
  perPixel(values: Tensor): Tensor;
}

/**
 * A mask for images of a shape.
 *
 * @throws if a coupling with it would keep or change nothing
 */
export type MaskFor = (shape: ImageShape) => Mask;
