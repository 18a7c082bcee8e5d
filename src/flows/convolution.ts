// Plain convolutions as products of matrices, for the networks inside the flow.
import { sizeOf } from '../numeric/ndarray.ts';
import {
  add,
  concatenate,
  fold,
  multiply,
  type Offset,
  pad,
  product,
  reshape,
  split,
  transpose,
  unfold,
} from '../tensor/operations/index.ts';
import { constant, type Tensor } from '../tensor/tensor.ts';
import { rowsOf } from './bijection.ts';

/** How an affine map of the result goes into a convolution: (convolution + bias)·scale, both per channel. */
export interface Affine {
  bias?: Tensor;
  scale?: Tensor;
}

/** The reach of each tap of a 3x3 kernel, row by row. */
const taps: readonly Offset[] = [-1, 0, 1].flatMap((row) =>
  [-1, 0, 1].map((column): Offset => [row, column]),
);
const CENTRE = 4;

/** A convolution whose weights are prepared: to be applied to as many blocks of images as there are. */
export type Convolution = (x: Tensor) => Tensor;

/** (x * kernel + bias)·scale for a 1x1 kernel `[1, 1, in, out]`. */
export function pointwiseConvolution(kernel: Tensor, { bias, scale }: Affine = {}): Convolution {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  const weights = scaledBy(reshape(kernel, [channels, outputs]), scale);
  const shift = bias && scaledBy(bias, scale);
  return (x) => {
    const y = product(reshape(x, rowsOf(x.shape)), weights, { bias: shift });
    return reshape(y, [...x.shape.slice(0, 3), outputs]);
  };
}

/**
 * (x * kernel + bias)·scale for a 3x3 kernel `[3, 3, in + 1, out]` and zero padding, of images of `size`.
 *
 * The kernel's last input channel is the edge channel: 1 on the padding and 0 inside, so that a layer can tell where
 * the image ends. The side with fewer channels is the one that is shifted: a convolution is nine shifted copies of
 * the input and one product, or one product and nine shifted sums. The wide side is touched by the product alone.
 */
export function edgeConvolution(kernel: Tensor, size: ImageSize, affine: Affine = {}): Convolution {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  return channels - 1 <= outputs ? unfoldThenProduct(kernel, affine) : productThenFold(kernel, size, affine);
}

/** Height and width of an image. */
export type ImageSize = readonly [height: number, width: number];

function unfoldThenProduct(kernel: Tensor, { bias, scale }: Affine): Convolution {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  const [inner, edge] = innerAndEdge(scaledBy(kernel, scale));
  const shift = bias && scaledBy(bias, scale);
  const edgeRows = reshape(edge, [9, outputs]);
  // The image gets a channel of ones, which zero padding turns into "inside": edge = 1 - inside. So the edge taps
  // enter with opposite sign, and their sum, with the bias, sits at the centre, which is always inside.
  const signs = new Float64Array(9 * 10);
  for (let tap = 0; tap < 9; tap++) {
    if (tap !== CENTRE) {
      signs[tap * 10 + tap] = -1;
      signs[CENTRE * 10 + tap] = 1;
    }
  }
  signs[CENTRE * 10 + 9] = 1;
  const all = shift ? concatenate([edgeRows, reshape(shift, [1, outputs])], 0) : pad(edgeRows, 0, 0, 1);
  const inside = product(constant({ shape: [9, 10], data: signs }), all);
  const weights = reshape(concatenate([inner, reshape(inside, [9, 1, outputs])], 1), [9 * channels, outputs]);
  return (x) => {
    const columns = unfold(pad(x, 3, 0, 1, 1), taps);
    const y = product(reshape(columns, rowsOf(columns.shape)), weights);
    return reshape(y, [...x.shape.slice(0, 3), outputs]);
  };
}

function productThenFold(kernel: Tensor, [height, width]: ImageSize, { bias, scale }: Affine): Convolution {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  const [inner, edge] = innerAndEdge(scaledBy(kernel, scale));
  const weights = reshape(transpose(inner, [1, 0, 2]), [channels - 1, 9 * outputs]);
  const atEdges = edgeResponse(height, width, reshape(edge, [9, outputs]));
  const added = bias ? add(atEdges, scaledBy(bias, scale)) : atEdges;
  return (x) => {
    const perTap = product(reshape(x, rowsOf(x.shape)), weights);
    return add(fold(reshape(perTap, [...x.shape.slice(0, 3), 9 * outputs]), taps), added);
  };
}

function scaledBy(x: Tensor, scale: Tensor | undefined): Tensor {
  return scale ? multiply(x, scale) : x;
}

/** The taps of a 3x3 kernel for its image channels and for the edge channel, `[9, in, out]` and `[9, 1, out]`. */
function innerAndEdge(kernel: Tensor): [inner: Tensor, edge: Tensor] {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  return split(reshape(kernel, [9, channels, outputs]), 1, [channels - 1, 1]) as [Tensor, Tensor];
}

/** What the edge channel alone gives, `[H, W, out]`: it is the same for every image. `edge` is `[9, out]`. */
export function edgeResponse(height: number, width: number, edge: Tensor): Tensor {
  const outside = new Float64Array(sizeOf([height, width, 9]));
  let index = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (const [down, right] of taps) {
        const [r, c] = [row + down, column + right];
        outside[index++] = r < 0 || r >= height || c < 0 || c >= width ? 1 : 0;
      }
    }
  }
  const response = product(constant({ shape: [height * width, 9], data: outside }), edge);
  return reshape(response, [height, width, edge.shape[1]!]);
}
