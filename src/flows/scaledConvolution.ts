// The scaled convolution: the last layer of a coupling network, and what a prior's parameters come from.
import { exp, multiply } from '../tensor/operations/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { convolveWithEdge } from './convolution.ts';
import { filledParameter, type ParameterSpecs, type Parameters } from './parameters.ts';

/** The parameters of a scaled 3x3 convolution with edge channel; all start at zero. */
export function scaledConvolutionParameters(channels: number, outputs: number): ParameterSpecs {
  return {
    kernel: filledParameter([3, 3, channels + 1, outputs], 0),
    bias: filledParameter([outputs], 0),
    logScale: filledParameter([outputs], 0),
  };
}

/** (x * kernel + bias)·e^(3·logScale): 3x3, zero padding, edge channel. */
export function scaledConvolution(x: Tensor, p: Parameters): Tensor {
  const scale = exp(multiply(p.get('logScale'), 3));
  return convolveWithEdge(x, p.get('kernel'), { bias: p.get('bias'), scale });
}
