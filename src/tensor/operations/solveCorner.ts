// A corner convolution undone on the host, pixel after pixel: what faster inverses are compared with.
import { solveCornerSequentially } from '../../numeric/cornerConvolution.ts';
import { isOpen, sameShape } from '../shape.ts';
import { apply, type Operation, type Tensor } from '../tensor.ts';

const solveCornerOperation: Operation<number> = {
  name: 'solveCorner',
  shape: ([y, kernel]) => {
    const channels = y!.at(-1)!;
    const side = kernel![0]!;
    return y!.length === 4 && !isOpen(kernel!) && sameShape(kernel!, [side, side, channels, channels])
      ? y!
      : { problem: 'images [N, H, W, C] need a kernel [side, side, C, C]' };
  },
  host: ([y, kernel], dilation) => solveCornerSequentially(y!, kernel!, dilation),
};

/**
 * The x for which y[h, w] = Σᵢⱼ x[h − i·dilation, w − j·dilation]·kernel[i, j], zero outside the image, one value after
 * another in float64. It has no gradient.
 *
 * @param y `[N, H, W, C]`
 * @param kernel `[side, side, C, C]`, its centre tap (0, 0) triangular
 */
export function solveCorner(y: Tensor, kernel: Tensor, dilation: number): Tensor {
  return apply(solveCornerOperation, [y, kernel], dilation) as Tensor;
}
