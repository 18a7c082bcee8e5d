// Convolutions of images whose batch is the last axis, `[C, H, W, N]`: a row of a matrix is a channel, and a pixel is a
// row of N numbers within it, which are copied together.
import { add } from '../../tensor/operations/elementwise.ts';
import { concatenate, reshape, split, transpose } from '../../tensor/operations/layout.ts';
import { product } from '../../tensor/operations/product.ts';
import { foldChannels, unfoldChannels } from '../../tensor/operations/shift.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import {
  type AffineConvolution,
  type Between,
  foldedKernel,
  isUnfolded,
  matrixOf,
  unfoldedKernel,
} from './convolutions.ts';

/** A single convolution, `[in, H, W, N]` to `[out, H, W, N]`: the narrower side is unfolded. */
export function convolved(x: Tensor, convolution: AffineConvolution): Tensor {
  const [, ...grid] = x.shape as [number, number, number, number];
  if (isUnfolded(convolution, x.shape[0]!)) {
    return reshape(first(convolution)(unfolded(x, convolution)), [convolution.kernel.shape[2]!, ...grid]);
  }
  const { perTap, sum } = last(convolution, grid[0]!, grid[1]!);
  return sum(perTap(reshape(x, [x.shape[0]!, columnsOf(x)])), grid);
}

/**
 * A network of convolutions and functions, `[in, H, W, N]` to `[out, H, W, N]`. Between the copies at both ends, a column
 * depends on no other: so many are processed at a time.
 *
 * @param blocks how many columns; they add up to all
 */
export function networkOf(
  x: Tensor,
  start: AffineConvolution,
  between: readonly Between[],
  end: AffineConvolution,
  blocks: readonly number[],
): Tensor {
  const [, ...grid] = x.shape as [number, number, number, number];
  const { perTap, sum } = last(end, grid[0]!, grid[1]!);
  const steps = [
    first(start),
    ...between.map((step) => (typeof step === 'function' ? step : pointwise(step))),
    perTap,
  ];
  const rows = unfolded(x, start);
  const results = split(rows, 1, blocks).map((block) => steps.reduce((value, step) => step(value), block));
  return sum(concatenate(results, 1), grid);
}

/** The shifted copies of an image as rows, `[taps·in, H·W·N]`; with an edge channel, those of its inside too. */
function unfolded(x: Tensor, { offsets, boundary, edge }: AffineConvolution): Tensor {
  const copies = unfoldChannels(x, offsets, boundary, edge);
  return reshape(copies, [copies.shape[0]!, columnsOf(copies)]);
}

/** From the copies of `unfolded` to `[out, H·W·N]`. */
function first(convolution: AffineConvolution): (rows: Tensor) => Tensor {
  const { kernel, inside, bias } = unfoldedKernel(convolution);
  const [taps, inputs, outputs] = kernel.shape as [number, number, number];
  const forImage = reshape(kernel, [taps * inputs, outputs]);
  const matrix = transpose(inside ? concatenate([forImage, inside], 0) : forImage);
  const added = bias && column(bias);
  return (rows) => product(matrix, rows, { bias: added });
}

function pointwise(convolution: AffineConvolution): (rows: Tensor) => Tensor {
  const { matrix, bias } = matrixOf(convolution);
  const [transposed, added] = [transpose(matrix), bias && column(bias)];
  return (rows) => product(transposed, rows, { bias: added });
}

/** From rows to every tap's results, `[taps·out, H·W·N]`, and from these to their sums, `[out, H, W, N]`. */
function last(
  convolution: AffineConvolution,
  height: number,
  width: number,
): { perTap: (rows: Tensor) => Tensor; sum: (perTap: Tensor, grid: readonly number[]) => Tensor } {
  const { kernel, added } = foldedKernel(convolution, height, width);
  const [taps, inputs, outputs] = kernel.shape as [number, number, number];
  const matrix = transpose(reshape(transpose(kernel, [1, 0, 2]), [inputs, taps * outputs]));
  return {
    perTap: (rows) => product(matrix, rows),
    sum(perTap, grid) {
      const y = foldChannels(
        reshape(perTap, [taps * outputs, ...grid]),
        convolution.offsets,
        convolution.boundary,
      );
      if (!added) {
        return y;
      }
      const perPixel = added.rank === 3 ? transpose(added, [2, 0, 1]) : added;
      return add(y, reshape(perPixel, [outputs, ...(added.rank === 3 ? [height, width] : [1, 1]), 1]));
    },
  };
}

function columnsOf({ shape: [, ...axes] }: Tensor): number {
  return axes.reduce((product, length) => product * length, 1);
}

function column(vector: Tensor): Tensor {
  return reshape(vector, [vector.shape[0]!, 1]);
}
