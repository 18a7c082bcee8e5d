// 3x3 convolutions with an edge channel as products of matrices, for the networks inside the flow.
import { sizeOf } from '../numeric/ndarray.ts';
import {
  concatenate,
  multiply,
  type Offset,
  pad,
  product,
  reshape,
  split,
  unfold,
} from '../tensor/operations/index.ts';
import { constant, type Tensor } from '../tensor/tensor.ts';
import { rowsOf } from './bijection.ts';

/** A convolution's kernel and the affine map of its result, per channel: (convolution + bias)·scale. */
export interface ConvolutionWeights {
  readonly kernel: Tensor;
  readonly bias?: Tensor | undefined;
  readonly scale?: Tensor | undefined;
}

/** The reach of each tap of a 3x3 kernel, row by row. */
export const taps: readonly Offset[] = [-1, 0, 1].flatMap((row) =>
  [-1, 0, 1].map((column): Offset => [row, column]),
);
const CENTRE = 4;

/**
 * (x * kernel + bias)·scale for a 3x3 kernel `[3, 3, in + 1, out]` and zero padding, of images `[N, H, W, in]`.
 *
 * The kernel's last input channel is the edge channel: 1 on the padding and 0 inside, so that a layer can tell where
 * the image ends.
 */
export function edgeConvolution(weights: ConvolutionWeights): (x: Tensor) => Tensor {
  const matrix = unfoldedWeights(weights);
  return (x) => {
    const y = product(unfoldedRows(x), matrix);
    return reshape(y, [...x.shape.slice(0, 3), matrix.shape[1]!]);
  };
}

/** The nine shifted copies of an image and of its inside, a row for each pixel: `[N·H·W, 9·(C + 1)]`. */
export function unfoldedRows(x: Tensor): Tensor {
  const columns = unfold(pad(x, 3, 0, 1, 1), taps);
  return reshape(columns, rowsOf(columns.shape));
}

/** The weights of what `unfoldedRows` gives, `[9·(in + 1), out]`. */
export function unfoldedWeights({ kernel, bias, scale }: ConvolutionWeights): Tensor {
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
  return reshape(concatenate([inner, reshape(inside, [9, 1, outputs])], 1), [9 * channels, outputs]);
}

/** `x` times a scale per channel, its last axis; itself where there is none. */
export function scaledBy(x: Tensor, scale: Tensor | undefined): Tensor {
  return scale ? multiply(x, scale) : x;
}

/** The taps of a 3x3 kernel for its image channels and for the edge channel, `[9, in, out]` and `[9, 1, out]`. */
export function innerAndEdge(kernel: Tensor): [inner: Tensor, edge: Tensor] {
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
