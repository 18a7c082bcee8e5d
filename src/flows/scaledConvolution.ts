// 3x3 convolutions with an edge channel, plain and scaled: the building blocks of the networks inside a flow.
import {
  add,
  convolution,
  exp,
  multiply,
  reorder,
  reshape,
  squareOffsets,
} from '../tensor/operations/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { filledParameter, type ParameterSpecs, type Parameters } from './parameters.ts';

/**
 * The convolution of images `[N, H, W, in]` with a 3x3 kernel `[3, 3, in + 1, out]` and zero padding. The
 * kernel's last input channel is for the edge channel, 1 on the padding and 0 inside, so that a layer can
 * tell where the image ends.
 */
export function edgeConvolution(x: Tensor, kernel: Tensor): Tensor {
  const [, , inputs, outputs] = kernel.shape as [number, number, number, number];
  return convolution(x, reshape(kernel, [9, inputs, outputs]), { offsets: squareOffsets(3), edge: true });
}

/** The parameters of a scaled 3x3 convolution with edge channel; all are initialised to zero. */
export function scaledConvolutionParameters(channels: number, outputs: number): ParameterSpecs {
  return {
    kernel: filledParameter([3, 3, channels + 1, outputs], 0),
    bias: filledParameter([outputs], 0),
    logScale: filledParameter([outputs], 0),
  };
}

/** A scaled convolution: (x * kernel + bias)·e^(3·logScale), 3x3, zero padding, edge channel. */
export function scaledConvolution(x: Tensor, p: Parameters): Tensor {
  return scaled(x, p, (parameter) => parameter);
}

/**
 * A scaled convolution whose channels are interleaved pairs, with the first of all pairs before the second:
 * channels 0, 2, 4, … and then 1, 3, 5, ….
 *
 * The parameters are reordered, not the result: they are smaller, and later operations take contiguous
 * halves.
 */
export function pairedScaledConvolution(x: Tensor, p: Parameters): Tensor {
  return scaled(x, p, evenThenOdd);
}

function scaled(x: Tensor, p: Parameters, arrange: (parameter: Tensor) => Tensor): Tensor {
  const convolved = edgeConvolution(x, arrange(p.get('kernel')));
  const shifted = add(convolved, arrange(p.get('bias')));
  return multiply(shifted, exp(multiply(arrange(p.get('logScale')), 3)));
}

/** Even before odd elements along the last axis. */
function evenThenOdd(x: Tensor): Tensor {
  const length = x.shape.at(-1)!;
  const half = length / 2;
  const order = Array.from({ length }, (_, index) => (index < half ? 2 * index : 2 * (index - half) + 1));
  return reorder(x, x.rank - 1, order);
}
