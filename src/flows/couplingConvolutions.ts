// The three convolutions of a coupling network, and how what lies between them, where the network is wide, is laid out.
import { add, fold, product, reshape, transpose } from '../tensor/operations/index.ts';
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

/** The convolutions of a coupling network; each is prepared once, and applied to as many blocks of images as there are. */
export interface CouplingConvolutions {
  /** An edge convolution from few channels to many, of images `[N, H, W, in]`. */
  widening(weights: ConvolutionWeights): (x: Tensor) => Tensor;
  /** (x * kernel + bias)·scale for a 1x1 kernel `[1, 1, in, out]`. */
  pointwise(weights: ConvolutionWeights): (x: Tensor) => Tensor;
  /**
   * An edge convolution from many channels to few, to images of this height and width, `[N, H, W, out]`. The wide side is
   * touched by the product alone: one product and nine shifted sums.
   */
  narrowing(weights: ConvolutionWeights, height: number, width: number): (x: Tensor) => Tensor;
}

/** With a row for each pixel and a column for each channel: the fastest where nothing is differentiated. */
export const pixelRows: CouplingConvolutions = {
  widening(weights) {
    const matrix = unfoldedWeights(weights);
    return (x) => product(unfoldedRows(x), matrix);
  },
  pointwise(weights) {
    const { matrix, shift } = pointwiseWeights(weights);
    return (x) => product(x, matrix, { bias: shift });
  },
  narrowing: (weights, height, width) => narrowed(weights, height, width, product),
};

/**
 * With a row for each channel and a column for each pixel. The gradient of the weights in the middle is g·xᵀ; with a
 * row for each pixel it is xᵀ·g, and ONNX Runtime is slower where the left side is transposed (`bench/products.ts`).
 * Here only the smaller products with the narrow sides, where a row is a pixel, have such a one.
 */
export const channelRows: CouplingConvolutions = {
  widening(weights) {
    const matrix = transpose(unfoldedWeights(weights));
    return (x) => product(matrix, unfoldedRows(x), { transposeB: true });
  },
  pointwise(weights) {
    const { matrix, shift } = pointwiseWeights(weights);
    const bias = shift && reshape(shift, [shift.shape[0]!, 1]);
    const transposed = transpose(matrix);
    return (x) => product(transposed, x, { bias });
  },
  narrowing: (weights, height, width) =>
    narrowed(weights, height, width, (x, matrix) => product(x, matrix, { transposeA: true })),
};

function pointwiseWeights({ kernel, bias, scale }: ConvolutionWeights): {
  matrix: Tensor;
  shift: Tensor | undefined;
} {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  const matrix = scaledBy(reshape(kernel, [channels, outputs]), scale);
  return { matrix, shift: bias && scaledBy(bias, scale) };
}

/** The narrowing convolution, given how what each pixel adds to those around it is computed, a row for each pixel. */
function narrowed(
  { kernel, bias, scale }: ConvolutionWeights,
  height: number,
  width: number,
  rowsOf: (x: Tensor, matrix: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  const [inner, edge] = innerAndEdge(scaledBy(kernel, scale));
  const matrix = reshape(transpose(inner, [1, 0, 2]), [channels - 1, 9 * outputs]);
  const atEdges = edgeResponse(height, width, reshape(edge, [9, outputs]));
  const added = bias ? add(atEdges, scaledBy(bias, scale)) : atEdges;
  return (x) => {
    const perTap = rowsOf(x, matrix);
    const images = perTap.shape[0]! / (height * width);
    return add(fold(reshape(perTap, [images, height, width, 9 * outputs]), taps), added);
  };
}
