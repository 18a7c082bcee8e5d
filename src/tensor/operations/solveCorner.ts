// The inverse of a corner convolution.
import { apply, isOpen, type Operation, sameShape, type Tensor } from '../tensor.ts';
import { areImages } from './convolution.ts';

/** Which corner convolution is inverted, without its kernel. */
export interface CornerOptions {
  /** The distance between the kernel's taps. */
  readonly dilation: number;
  /** Whether its taps are right of and below the pixel, instead of left of and above it; false by default. */
  readonly mirrored?: boolean;
}

/** The operation of `solveCorner`. */
export const solveCornerOperation: Operation<CornerOptions> = {
  name: 'solveCorner',
  composite: true,
  shape: ([y, kernel], { dilation }) => {
    if (!Number.isInteger(dilation) || dilation < 1) {
      return { problem: `the dilation must be a whole number of 1 or more, not ${dilation}` };
    }
    const channels = y!.at(-1)!;
    const side = kernel![0]!;
    return areImages(y!) && !isOpen(kernel!) && sameShape(kernel!, [side, side, channels, channels])
      ? y!
      : { problem: 'images [N, H, W, C] need a kernel [side, side, C, C]' };
  },
};

/**
 * Solves for x in y[h, w] = Σᵢⱼ x[h − i·dilation, w − j·dilation]·kernel[i, j], or with `mirrored` in
 * y[h, w] = Σᵢⱼ x[h + i·dilation, w + j·dilation]·kernel[i, j], zero outside the image. It has no gradient.
 *
 * @param y `[N, H, W, C]`
 * @param kernel `[side, side, C, C]`, its centre tap (0, 0) triangular
 */
export function solveCorner(y: Tensor, kernel: Tensor, options: CornerOptions): Tensor {
  return apply(solveCornerOperation, [y, kernel], options) as Tensor;
}
