// Convolutions between many channels, with the batch last: what a runtime's own convolution computes fastest.
import { apply, isComputedBy, type Operation, type Tensor } from '../tensor.ts';
import { sum } from './broadcast.ts';
import { type Offset, unfoldChannels } from './convolution.ts';
import { flip, reshape, transpose, transposeOperation } from './layout.ts';
import { product } from './linearAlgebra.ts';

/** The taps of a dense convolution: a square around the pixel, row by row. */
export interface DenseConvolution {
  readonly offsets: readonly Offset[];
}

/** The order of axes that transposes each of several matrices. */
const MATRICES = [0, 2, 1];

/** The operation of `denseConvolution`. */
export const denseConvolutionOperation: Operation<DenseConvolution> = {
  name: 'denseConvolution',
  shape: ([x, kernel, bias], { offsets }) => {
    const [taps, inputs, outputs] = kernel!;
    return x!.length === 4 &&
      kernel!.length === 3 &&
      inputs === x![0] &&
      taps === offsets.length &&
      (!bias || (bias.length === 1 && bias[0] === outputs))
      ? [outputs!, ...x!.slice(1)]
      : { problem: `images [in, H, W, N] need a kernel [${offsets.length}, in, out] and a bias [out]` };
  },
  gradient: (node, g) => {
    const [x, kernel, bias] = node.inputs as [Tensor, Tensor, Tensor?];
    const { offsets } = node.attributes;
    // The square is its own opposite, in reverse.
    const turned = transpose(flip(kernel, 0), MATRICES);
    return [
      denseConvolution(g, turned, { offsets }),
      kernelGradient(x, g, offsets),
      bias && sum(g, [1, 2, 3]),
    ];
  },
};

/** The gradient with respect to the kernel, `[taps, in, out]`: the narrower of image and gradient is copied for each tap. */
function kernelGradient(x: Tensor, g: Tensor, offsets: readonly Offset[]): Tensor {
  const [inputs, outputs, taps] = [x.shape[0]!, g.shape[0]!, offsets.length];
  const rows = (tensor: Tensor): Tensor =>
    reshape(tensor, [tensor.shape[0]!, tensor.shape.slice(1).reduce((a, b) => a * b, 1)]);
  const copies = (tensor: Tensor, from: readonly Offset[]): Tensor =>
    rows(unfoldChannels(tensor, { offsets: from, boundary: 'zero' }));
  if (inputs < outputs) {
    return reshape(product(copies(x, offsets), rows(g), { transposeB: true }), [taps, inputs, outputs]);
  }
  const opposite = [...offsets].reverse();
  const unshaped = product(copies(g, opposite), rows(x), { transposeB: true });
  return transpose(reshape(unshaped, [taps, outputs, inputs]), MATRICES);
}

/**
 * The convolution of images with zero padding:
 * y[o, h, w] = Σₜ Σᵢ x[i, h + rowₜ, w + columnₜ]·kernel[t, i, o] + bias[o].
 *
 * @param x `[in, H, W, N]`, of a batch that is not open
 * @param kernel `[taps, in, out]`
 * @param bias `[out]`
 */
export function denseConvolution(
  x: Tensor,
  kernel: Tensor,
  { bias, ...attributes }: DenseConvolution & { readonly bias?: Tensor | undefined },
): Tensor {
  return apply(denseConvolutionOperation, bias ? [x, kernel, bias] : [x, kernel], attributes) as Tensor;
}

/** A dense convolution whose kernel is `[out, in, taps]`, as runtimes take it: for graphs that are already differentiated. */
const runtimeConvolutionOperation: Operation<DenseConvolution> = {
  name: 'runtimeConvolution',
  shape: ([x, kernel]) => [kernel![0]!, ...x!.slice(1)],
};

/** A dense convolution of these inputs, with its kernel in the order that runtimes take. */
export function runtimeConvolution(
  { attributes }: Tensor<DenseConvolution>,
  [x, kernel, ...bias]: readonly Tensor[],
): Tensor {
  const [taps, channels, outputs] = kernel!.shape as [number, number, number];
  const perTap = reshape(matricesTransposed(kernel!), [taps, outputs * channels]);
  // ONNX Runtime transposes matrices several times as fast as it permutes three axes.
  const byOutput = reshape(transpose(perTap), [outputs, channels, taps]);
  return apply(runtimeConvolutionOperation, [x!, byOutput, ...bias], attributes) as Tensor;
}

/** Transposes matrices `[N, rows, columns]`; a transposition that computes them is undone instead. */
function matricesTransposed(matrices: Tensor): Tensor {
  const isTransposed =
    isComputedBy(transposeOperation, matrices) && matrices.attributes.join() === MATRICES.join();
  return isTransposed ? matrices.inputs[0]! : transpose(matrices, MATRICES);
}
