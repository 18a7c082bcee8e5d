// Convolutions as matrix products: their weights, for either place of the batch.
//
// A convolution touches its wide side in the product only. From few channels to many, the shifted copies of
// the image are laid side by side and multiplied by the kernel; from many to few, every pixel is multiplied
// by all taps first, and the shifted results are summed.
import type { Parity } from '../../../core/numeric/index.ts';
import { edgeResponse, fold, type Offset, type Shifts, unfold } from '../../operations/convolution.ts';
import { add, multiply } from '../../operations/elementwise.ts';
import { concatenate, pad, reshape, split, transpose } from '../../operations/layout.ts';
import { product } from '../../operations/linearAlgebra.ts';
import { constant, type Tensor } from '../../tensor.ts';

/** A convolution followed by a per-channel affine map: (convolution + bias)·scale. */
export interface AffineConvolution extends Shifts {
  /** `[taps, in, out]`, with an edge channel `[taps, in + 1, out]`. */
  readonly kernel: Tensor;
  /** Whether the last input channel of the kernel is for the edge channel. */
  readonly edge: boolean;
  /** `[out]`. */
  readonly bias?: Tensor | undefined;
  /** `[out]`. */
  readonly scale?: Tensor | undefined;
  /** The half of the pixels with results, as `[…, 1, pixels, …]`; by default all. */
  readonly parity?: Parity | undefined;
}

/** A step of a network between its first and its last convolution: one with a single tap, or a function of rows. */
export type Between = AffineConvolution | ((rows: Tensor) => Tensor);

/** Whether the copies of the image are multiplied by the kernel; otherwise the products are shifted and summed. */
export function isUnfolded({ kernel }: AffineConvolution, channels: number): boolean {
  const [taps, , outputs] = kernel.shape as [number, number, number];
  return taps === 1 || channels <= outputs;
}

/** `x` times a scale per channel, its last axis; `x` itself without a scale. */
function scaledBy(x: Tensor, scale: Tensor | undefined): Tensor {
  return scale ? multiply(x, scale) : x;
}

/** The matrix of a kernel with one tap, `[in, out]`, and its bias. */
export function kernelMatrix({ kernel, bias, scale }: AffineConvolution): {
  matrix: Tensor;
  bias: Tensor | undefined;
} {
  const matrix = reshape(kernel, kernel.shape.slice(1));
  return { matrix: scaledBy(matrix, scale), bias: bias && scaledBy(bias, scale) };
}

/**
 * The scaled kernel for shifted copies of an image, `[taps, in, out]`; with an edge channel, that for the copies of its
 * inside too, `[taps, out]`, with the bias in it.
 */
export function unfoldedKernel({ kernel, edge, bias, scale, offsets }: AffineConvolution): {
  kernel: Tensor;
  inside: Tensor | undefined;
  bias: Tensor | undefined;
} {
  const [taps, , outputs] = kernel.shape as [number, number, number];
  const scaled = scaledBy(kernel, scale);
  const shift = bias && scaledBy(bias, scale);
  if (!edge) {
    return { kernel: scaled, inside: undefined, bias: shift };
  }
  // Edge taps enter with opposite sign, and their sum, with the bias, is at the centre, which is always
  // inside.
  const [inner, edges] = innerAndEdge(scaled);
  const centre = centreIndex(offsets);
  const columns = taps + 1;
  const signs = new Float64Array(taps * columns);
  for (let tap = 0; tap < taps; tap++) {
    if (tap !== centre) {
      signs[tap * columns + tap] = -1;
      signs[centre * columns + tap] = 1;
    }
  }
  signs[centre * columns + taps] = 1;
  const edgeRows = reshape(edges, [taps, outputs]);
  const edgesAndShift = shift
    ? concatenate([edgeRows, reshape(shift, [1, outputs])], 0)
    : pad(edgeRows, 0, 0, 1);
  const inside = product(constant({ shape: [taps, columns], data: signs }), edgesAndShift);
  return { kernel: inner, inside, bias: undefined };
}

function centreIndex(offsets: readonly Offset[]): number {
  const centre = offsets.findIndex(([row, column]) => row === 0 && column === 0);
  if (centre < 0) {
    throw new Error('a convolution with an edge channel needs a tap at the pixel itself');
  }
  return centre;
}

/**
 * The taps of a kernel for its image channels and for its edge channel: `[taps, in, out]` and
 * `[taps, 1, out]`.
 */
function innerAndEdge(kernel: Tensor): [inner: Tensor, edge: Tensor] {
  return split(kernel, 1, [kernel.shape[1]! - 1, 1]);
}

/**
 * The scaled kernel for products before the shifts, `[taps, in, out]`, and what is added after them, the response to the edge
 * channel and the bias: `[H, W, out]`, for half of the pixels `[1, pixels, out]`, or without an edge `[out]`.
 */
export function foldedKernel(
  { kernel, edge, bias, scale, offsets, boundary, parity }: AffineConvolution,
  height: number,
  width: number,
): { kernel: Tensor; added: Tensor | undefined } {
  const [taps, , outputs] = kernel.shape as [number, number, number];
  const scaled = scaledBy(kernel, scale);
  const shift = bias && scaledBy(bias, scale);
  const [inner, edges] = edge ? innerAndEdge(scaled) : [scaled, undefined];
  // A torus has no edge.
  const atEdges =
    edges && boundary === 'zero'
      ? edgeResponse(height, width, reshape(edges, [taps, outputs]), offsets, parity)
      : undefined;
  return { kernel: inner, added: atEdges && shift ? add(atEdges, shift) : (atEdges ?? shift) };
}

/** A single convolution, `[N, H, W, in]` to `[N, H, W, out]`: the narrower side is unfolded. */
export function convolved(x: Tensor, convolution: AffineConvolution): Tensor {
  const grid = x.shape.slice(0, 3);
  return isUnfolded(convolution, x.shape[3]!)
    ? reshape(first(x, convolution), [...grid, convolution.kernel.shape[2]!])
    : last(reshape(x, rowShape(x)), convolution, grid);
}

/** A network of convolutions and functions, `[N, H, W, in]` to `[N, H, W, out]`. */
export function buildNetwork(
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
export function rowShape({ shape }: Tensor): number[] {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return [batch * height * width, channels];
}

/** From an image to rows, `[N·H·W, out]`. */
function first(x: Tensor, convolution: AffineConvolution): Tensor {
  const { kernel, inside, bias } = unfoldedKernel(convolution);
  const [taps, , outputs] = kernel.shape as [number, number, number];
  const extendedKernel = inside ? concatenate([kernel, reshape(inside, [taps, 1, outputs])], 1) : kernel;
  const matrix = reshape(extendedKernel, [taps * extendedKernel.shape[1]!, outputs]);
  // Zero padding turns a channel of ones into "inside".
  const copies = unfold(inside ? pad(x, 3, 0, 1, 1) : x, convolution.offsets, convolution.boundary);
  return product(reshape(copies, rowShape(copies)), matrix, { bias });
}

function pointwise(rows: Tensor, convolution: AffineConvolution): Tensor {
  const { matrix, bias } = kernelMatrix(convolution);
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
