// Convolutions of images whose batch is the first axis, `[N, H, W, C]`: a row of a matrix is a pixel.
import { add } from '../../tensor/operations/elementwise.ts';
import { concatenate, pad, reshape, transpose } from '../../tensor/operations/layout.ts';
import { product } from '../../tensor/operations/product.ts';
import { fold, unfold } from '../../tensor/operations/shift.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import {
  type AffineConvolution,
  type Between,
  foldedKernel,
  isUnfolded,
  matrixOf,
  unfoldedKernel,
} from './convolutions.ts';

/** A single convolution, `[N, H, W, in]` to `[N, H, W, out]`: the narrower side is unfolded. */
export function convolved(x: Tensor, convolution: AffineConvolution): Tensor {
  const grid = x.shape.slice(0, 3);
  return isUnfolded(convolution, x.shape[3]!)
    ? reshape(first(x, convolution), [...grid, convolution.kernel.shape[2]!])
    : last(reshape(x, rowsOf(x)), convolution, grid);
}

/** A network of convolutions and functions, `[N, H, W, in]` to `[N, H, W, out]`. */
export function networkOf(
  x: Tensor,
  start: AffineConvolution,
  between: readonly Between[],
  end: AffineConvolution,
): Tensor {
  const rows = between.reduce(
    (value, step) => (typeof step === 'function' ? step(value) : pointwise(value, step)),
    first(x, start),
  );
  return last(rows, end, x.shape.slice(0, 3));
}

/** The shape of an image as a matrix with a row per pixel. */
export function rowsOf({ shape }: Tensor): number[] {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return [batch * height * width, channels];
}

/** From an image to rows, `[N·H·W, out]`. */
function first(x: Tensor, convolution: AffineConvolution): Tensor {
  const { kernel, inside, bias } = unfoldedKernel(convolution);
  const [taps, , outputs] = kernel.shape as [number, number, number];
  const whole = inside ? concatenate([kernel, reshape(inside, [taps, 1, outputs])], 1) : kernel;
  const matrix = reshape(whole, [taps * whole.shape[1]!, outputs]);
  // Zero padding turns a channel of ones into "inside".
  const copies = unfold(inside ? pad(x, 3, 0, 1, 1) : x, convolution.offsets, convolution.boundary);
  return product(reshape(copies, rowsOf(copies)), matrix, { bias });
}

function pointwise(rows: Tensor, convolution: AffineConvolution): Tensor {
  const { matrix, bias } = matrixOf(convolution);
  return product(rows, matrix, { bias });
}

/** From rows to images of a grid `[N, H, W]`. */
function last(rows: Tensor, convolution: AffineConvolution, grid: readonly number[]): Tensor {
  const [, height, width] = grid as [number, number, number];
  const { kernel, added } = foldedKernel(convolution, height, width);
  const [taps, inputs, outputs] = kernel.shape as [number, number, number];
  const matrix = reshape(transpose(kernel, [1, 0, 2]), [inputs, taps * outputs]);
  const perTap = reshape(product(rows, matrix), [...grid, taps * outputs]);
  const y = fold(perTap, convolution.offsets, convolution.boundary);
  return added ? add(y, added) : y;
}
