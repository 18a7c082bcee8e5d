// The three convolutions of a coupling network. Between them, where the network is wide, a matrix holds a row for each
// channel and a column for each pixel, `[channels, pixels]`: then the gradient of the weights in the middle is g·xᵀ. With
// a row for each pixel it would be xᵀ·g, and ONNX Runtime is slower where the left side is transposed
// (`bench/products.ts`). Only the smaller products with the narrow sides, where a row is a pixel, have such a one.
import { add, fold, pad, product, reshape, slice, transpose } from '../tensor/operations/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import {
  type ConvolutionWeights,
  edgeResponse,
  innerAndEdge,
  scaledBy,
  taps,
  unfoldedRows,
  unfoldedWeights,
} from './convolution.ts';

/**
 * An edge convolution from few channels to many, as `edgeConvolution`: `[N, H, W, in]` to `[out, pixels]`, with `spare`
 * columns after those of the pixels.
 */
export function wideningConvolution(weights: ConvolutionWeights): (x: Tensor, spare?: number) => Tensor {
  const matrix = transpose(unfoldedWeights(weights));
  return (x, spare = 0) => product(matrix, pad(unfoldedRows(x), 0, 0, spare), { transposeB: true });
}

/** (x * kernel + bias)·scale for a 1x1 kernel `[1, 1, in, out]`: `[in, pixels]` to `[out, pixels]`. */
export function pointwiseConvolution({ kernel, bias, scale }: ConvolutionWeights): (x: Tensor) => Tensor {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  const matrix = transpose(scaledBy(reshape(kernel, [channels, outputs]), scale));
  const shift = bias && reshape(scaledBy(bias, scale), [outputs, 1]);
  return (x) => product(matrix, x, { bias: shift });
}

/**
 * An edge convolution from many channels to few, of images of this height and width: `[in, pixels]`, with spare columns
 * or without, to `[N, H, W, out]`. The wide side is touched by the product alone: one product and nine shifted sums.
 */
export function narrowingConvolution(
  { kernel, bias, scale }: ConvolutionWeights,
  height: number,
  width: number,
): (x: Tensor, images: number) => Tensor {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  const [inner, edge] = innerAndEdge(scaledBy(kernel, scale));
  const matrix = reshape(transpose(inner, [1, 0, 2]), [channels - 1, 9 * outputs]);
  const atEdges = edgeResponse(height, width, reshape(edge, [9, outputs]));
  const added = bias ? add(atEdges, scaledBy(bias, scale)) : atEdges;
  return (x, images) => {
    const perTap = slice(product(x, matrix, { transposeA: true }), 0, 0, images * height * width);
    return add(fold(reshape(perTap, [images, height, width, 9 * outputs]), taps), added);
  };
}

/**
 * The columns to add to a wide matrix of so many: rows that lie a multiple of 4 KiB apart fall on the same few lines of a
 * processor's cache, and a product along them is slower (`bench/products.ts`).
 */
export function spareColumns(pixels: number): number {
  return pixels > 0 && pixels % 1024 === 0 ? 16 : 0;
}
