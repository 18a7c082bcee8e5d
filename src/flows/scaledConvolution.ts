// The scaled convolution: the last layer of a coupling network, and what a prior's parameters come from.
import { exp, multiply, reorder } from '../tensor/operations/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { ConvolutionWeights } from './convolution.ts';
import { filledParameter, type ParameterSpecs, type Parameters } from './parameters.ts';

/** The parameters of a scaled 3x3 convolution with edge channel; all start at zero. */
export function scaledConvolutionParameters(channels: number, outputs: number): ParameterSpecs {
  return {
    kernel: filledParameter([3, 3, channels + 1, outputs], 0),
    bias: filledParameter([outputs], 0),
    logScale: filledParameter([outputs], 0),
  };
}

/** The weights of a scaled convolution: (x * kernel + bias)·e^(3·logScale), 3x3, zero padding, edge channel. */
export function scaledWeights(p: Parameters): ConvolutionWeights {
  return arranged(p, (parameter) => parameter);
}

/**
 * The weights of a scaled convolution whose channels are interleaved pairs, with the first of all pairs before the
 * second: channels 0, 2, 4, … and then 1, 3, 5, ….
 *
 * The parameters are put in that order, not the result: they are smaller, and what follows takes contiguous halves.
 */
export function pairedScaledWeights(p: Parameters): ConvolutionWeights {
  return arranged(p, evenThenOdd);
}

function arranged(p: Parameters, arrange: (parameter: Tensor) => Tensor): ConvolutionWeights {
  return {
    kernel: arrange(p.get('kernel')),
    bias: arrange(p.get('bias')),
    scale: exp(multiply(arrange(p.get('logScale')), 3)),
  };
}

/** Even before odd elements along the last axis. */
function evenThenOdd(x: Tensor): Tensor {
  const length = x.shape.at(-1)!;
  const half = length / 2;
  const order = Array.from({ length }, (_, index) => (index < half ? 2 * index : 2 * (index - half) + 1));
  return reorder(x, x.rank - 1, order);
}
