// Convolutions as matrix products: which side is unfolded, and the layout of activations between two of them.
//
// A convolution touches its wide side in the product only. From few channels to many, the shifted copies of
// the image are laid side by side and multiplied by the kernel; from many to few, every pixel is multiplied
// by all taps first, and the shifted results are summed.
import { edgeResponse, type Offset } from '../../tensor/operations/convolution.ts';
import { add, multiply } from '../../tensor/operations/elementwise.ts';
import { concatenate, pad, reshape, split, transpose } from '../../tensor/operations/layout.ts';
import { product } from '../../tensor/operations/product.ts';
import { fold, type Shifts, unfold } from '../../tensor/operations/shift.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';

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
}

/**
 * The parts of a convolution between images: each is prepared once and applied to any number of image blocks.
 */
export interface RowsLayout {
  /** From an image `[N, H, W, in]` to rows. */
  first(convolution: AffineConvolution): (x: Tensor) => Tensor;
  /** From rows to rows, for a kernel whose only tap is the pixel itself. */
  between(convolution: AffineConvolution): (rows: Tensor) => Tensor;
  /** From rows to images of the given height and width, `[N, H, W, out]`. */
  last(convolution: AffineConvolution, height: number, width: number): (rows: Tensor) => Tensor;
}

/** A row per pixel, a column per channel. */
export const pixelRows: RowsLayout = {
  first(convolution) {
    const { matrix, bias } = unfoldedWeights(convolution);
    return (x) => product(unfoldedRows(x, convolution), matrix, { bias });
  },
  between(convolution) {
    const { matrix, bias } = matrixOf(convolution);
    return (rows) => product(rows, matrix, { bias });
  },
  last(convolution, height, width) {
    const { offsets, boundary } = convolution;
    const { kernel, added } = foldedKernel(convolution, height, width);
    const [taps, inputs, outputs] = kernel.shape as [number, number, number];
    const matrix = reshape(transpose(kernel, [1, 0, 2]), [inputs, taps * outputs]);
    return (rows) => {
      const perTap = product(rows, matrix);
      const images = perTap.shape[0]! / (height * width);
      const y = fold(reshape(perTap, [images, height, width, taps * outputs]), offsets, boundary);
      return added ? add(y, added) : y;
    };
  },
};

/** The shape of an image as a matrix with a row per pixel. */
export function rowsOf({ shape }: Tensor): number[] {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return [batch * height * width, channels];
}

/** `x` times a scale per channel, its last axis; `x` itself if there is no scale. */
function scaledBy(x: Tensor, scale: Tensor | undefined): Tensor {
  return scale ? multiply(x, scale) : x;
}

/** The matrix of a kernel with one tap, `[in, out]`, and its bias. */
export function matrixOf({ kernel, bias, scale }: AffineConvolution): {
  matrix: Tensor;
  bias: Tensor | undefined;
} {
  const matrix = reshape(kernel, kernel.shape.slice(1));
  return { matrix: scaledBy(matrix, scale), bias: bias && scaledBy(bias, scale) };
}

/**
 * The shifted copies of an image side by side, a row per pixel; with an edge channel, the copies of its
 * inside too.
 */
function unfoldedRows(x: Tensor, { offsets, boundary, edge }: AffineConvolution): Tensor {
  // The image gets a channel of ones, which zero padding turns into "inside": edge = 1 − inside.
  const columns = unfold(edge ? pad(x, 3, 0, 1, 1) : x, offsets, boundary);
  return reshape(columns, rowsOf(columns));
}

/** The weights for `unfoldedRows`, `[taps·in, out]`; with an edge channel they include the bias. */
function unfoldedWeights(convolution: AffineConvolution): { matrix: Tensor; bias: Tensor | undefined } {
  const { kernel, inside, bias } = unfoldedKernel(convolution);
  const [taps, , outputs] = kernel.shape as [number, number, number];
  const whole = inside ? concatenate([kernel, reshape(inside, [taps, 1, outputs])], 1) : kernel;
  return { matrix: reshape(whole, [taps * whole.shape[1]!, outputs]), bias };
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
  const centre = centreOf(offsets);
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
  const all = shift ? concatenate([edgeRows, reshape(shift, [1, outputs])], 0) : pad(edgeRows, 0, 0, 1);
  const inside = product(constant({ shape: [taps, columns], data: signs }), all);
  return { kernel: inner, inside, bias: undefined };
}

function centreOf(offsets: readonly Offset[]): number {
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
  return split(kernel, 1, [kernel.shape[1]! - 1, 1]) as [Tensor, Tensor];
}

/** The kernel for products before the shifts, `[taps, in, out]`, and what is added after them, `[H, W, out]` or `[out]`. */
export function foldedKernel(
  { kernel, edge, bias, scale, offsets }: AffineConvolution,
  height: number,
  width: number,
): { kernel: Tensor; added: Tensor | undefined } {
  const [taps, , outputs] = kernel.shape as [number, number, number];
  const scaled = scaledBy(kernel, scale);
  const shift = bias && scaledBy(bias, scale);
  const [inner, edges] = edge ? innerAndEdge(scaled) : [scaled, undefined];
  const atEdges = edges && edgeResponse(height, width, reshape(edges, [taps, outputs]), offsets);
  return { kernel: inner, added: atEdges && shift ? add(atEdges, shift) : (atEdges ?? shift) };
}
