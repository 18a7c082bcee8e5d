// Convolutions between many channels, with the batch last: what a runtime's own convolution computes fastest.
import { apply, type Operation, type Tensor } from '../tensor.ts';
import { sum } from './broadcast.ts';
import { type Offset, unfoldChannels } from './convolution.ts';
import { flip, reshape, transpose } from './layout.ts';
import { product } from './linearAlgebra.ts';

/** The taps of a dense convolution: a square around the pixel, row by row. */
export interface DenseConvolution {
  readonly offsets: readonly Offset[];
}

const denseConvolutionOperation: Operation<DenseConvolution> = {
  name: 'denseConvolution',
  shape: ([x, kernel, bias], { offsets }) => {
    const [outputs, inputs, taps] = kernel!;
    return x!.length === 4 &&
      kernel!.length === 3 &&
      inputs === x![0] &&
      taps === offsets.length &&
      (!bias || (bias.length === 1 && bias[0] === outputs))
      ? [outputs!, ...x!.slice(1)]
      : { problem: `images [in, H, W, N] need a kernel [out, in, ${offsets.length}] and a bias [out]` };
  },
  gradient: (node, g) => {
    const [x, kernel, bias] = node.inputs as [Tensor, Tensor, Tensor?];
    const { offsets } = node.attributes;
    // The square is its own opposite, in reverse.
    const turned = transpose(flip(kernel, 2), [1, 0, 2]);
    return [
      denseConvolution(g, turned, { offsets }),
      kernelGradient(x, g, offsets),
      bias && sum(g, [1, 2, 3]),
    ];
  },
};

/** The gradient with respect to the kernel, `[out, in, taps]`: the narrower of image and gradient is copied for each tap. */
function kernelGradient(x: Tensor, g: Tensor, offsets: readonly Offset[]): Tensor {
  const [inputs, outputs, taps] = [x.shape[0]!, g.shape[0]!, offsets.length];
  const rows = (tensor: Tensor): Tensor =>
    reshape(tensor, [tensor.shape[0]!, tensor.shape.slice(1).reduce((a, b) => a * b, 1)]);
  const copies = (tensor: Tensor, from: readonly Offset[]): Tensor =>
    rows(unfoldChannels(tensor, { offsets: from, boundary: 'zero' }));
  if (inputs < outputs) {
    const unshaped = product(copies(x, offsets), rows(g), { transposeB: true });
    return transpose(reshape(unshaped, [taps, inputs, outputs]), [2, 1, 0]);
  }
  const opposite = [...offsets].reverse();
  const unshaped = product(copies(g, opposite), rows(x), { transposeB: true });
  return transpose(reshape(unshaped, [taps, outputs, inputs]), [1, 2, 0]);
}

/**
 * The convolution of images with zero padding:
 * y[o, h, w] = Σₜ Σᵢ x[i, h + rowₜ, w + columnₜ]·kernel[o, i, t] + bias[o].
 *
 * @param x `[in, H, W, N]`, of a batch that is not open
 * @param kernel `[out, in, taps]`
 * @param bias `[out]`
 */
export function denseConvolution(
  x: Tensor,
  kernel: Tensor,
  { bias, ...attributes }: DenseConvolution & { readonly bias?: Tensor | undefined },
): Tensor {
  return apply(denseConvolutionOperation, bias ? [x, kernel, bias] : [x, kernel], attributes) as Tensor;
}
