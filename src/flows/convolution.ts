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

/** (x * kernel + bias)·scale for a 1x1 kernel `[1, 1, in, out]`. */
export function convolvePointwise(x: Tensor, kernel: Tensor, { bias, scale }: Affine = {}): Tensor {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  const weights = reshape(kernel, [channels, outputs]);
  const y = product(reshape(x, rowsOf(x.shape)), scale ? multiply(weights, scale) : weights, {
    bias: bias && scale ? multiply(bias, scale) : bias,
  });
  return reshape(y, [...x.shape.slice(0, 3), outputs]);
}

/**
 * (x * kernel + bias)·scale for a 3x3 kernel `[3, 3, in + 1, out]` and zero padding.
 *
 * The kernel's last input channel is the edge channel: 1 on the padding and 0 inside, so that a layer can tell where
 * the image ends. The side with fewer channels is the one that is shifted: a convolution is nine shifted copies of
 * the input and one product, or one product and nine shifted sums. The wide side is touched by the product alone.
 */
export function convolveWithEdge(x: Tensor, kernel: Tensor, affine: Affine = {}): Tensor {
  const outputs = kernel.shape[3]!;
  return x.shape[3]! <= outputs ? unfoldThenProduct(x, kernel, affine) : productThenFold(x, kernel, affine);
}

function unfoldThenProduct(x: Tensor, kernel: Tensor, { bias, scale }: Affine): Tensor {
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  const scaled = scale ? multiply(kernel, scale) : kernel;
  const [inner, edge] = split(reshape(scaled, [9, channels, outputs]), 1, [channels - 1, 1]) as [
    Tensor,
    Tensor,
  ];
  const shift = bias && (scale ? multiply(bias, scale) : bias);
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
  const weights = concatenate([inner, reshape(inside, [9, 1, outputs])], 1);
  const columns = unfold(pad(x, 3, 0, 1, 1), taps);
  const y = product(reshape(columns, rowsOf(columns.shape)), reshape(weights, [9 * channels, outputs]));
  return reshape(y, [...x.shape.slice(0, 3), outputs]);
}

function productThenFold(x: Tensor, kernel: Tensor, { bias, scale }: Affine): Tensor {
  const [batch, height, width] = x.shape as [number, number, number, number];
  const [, , channels, outputs] = kernel.shape as [number, number, number, number];
  const scaled = scale ? multiply(kernel, scale) : kernel;
  const [inner, edge] = split(reshape(scaled, [9, channels, outputs]), 1, [channels - 1, 1]) as [
    Tensor,
    Tensor,
  ];
  const weights = reshape(transpose(inner, [1, 0, 2]), [channels - 1, 9 * outputs]);
  const perTap = product(reshape(x, rowsOf(x.shape)), weights);
  const y = fold(reshape(perTap, [batch, height, width, 9 * outputs]), taps);
  const atEdges = edgeResponse(height, width, reshape(edge, [9, outputs]));
  return add(y, bias ? add(atEdges, scale ? multiply(bias, scale) : bias) : atEdges);
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
