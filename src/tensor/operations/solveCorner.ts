// The inverse of a corner convolution.
import { isOpen, sameShape } from '../shape.ts';
import { apply, type Operation, type Tensor } from '../tensor.ts';

/** The operation of `solveCorner`; its attribute is the dilation. */
export const solveCornerOperation: Operation<number> = {
  name: 'solveCorner',
  composite: true,
  shape: ([y, kernel]) => {
    const channels = y!.at(-1)!;
    const side = kernel![0]!;
    return y!.length === 4 && !isOpen(kernel!) && sameShape(kernel!, [side, side, channels, channels])
      ? y!
      : { problem: 'images [N, H, W, C] need a kernel [side, side, C, C]' };
  },
};

/**
 * The x for which y[h, w] = Σᵢⱼ x[h − i·dilation, w − j·dilation]·kernel[i, j], zero outside the image. It
 * has no gradient.
 *
 * @param y `[N, H, W, C]`
 * @param kernel `[side, side, C, C]`, its centre tap (0, 0) triangular
 */
export function solveCorner(y: Tensor, kernel: Tensor, dilation: number): Tensor {
  return apply(solveCornerOperation, [y, kernel], dilation) as Tensor;
}
