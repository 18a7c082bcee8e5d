// 3x3 convolutions with an edge channel, plain and scaled: the building blocks of the networks inside a flow.
import {
  add,
  convolution,
  exp,
  multiply,
  reorder,
  reshape,
  squareOffsets,
} from '../../tensor/operations/index.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { filledParameter, type ParameterSpecs, type Parameters } from '../contract/parameters.ts';

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

/**
 * A scaled convolution: (x * kernel + bias)·e^(3·logScale), 3x3, zero padding, edge channel.
 *
 * @param order the order of the output channels, as positions in the parameters; default: as stored. The parameters are
 *   reordered, not the result: they are smaller.
 */
export function scaledConvolution(x: Tensor, p: Parameters, order?: readonly number[]): Tensor {
  const get = (name: string): Tensor => {
    const parameter = p.get(name);
    return order ? reorder(parameter, parameter.rank - 1, order) : parameter;
  };
  const shifted = add(edgeConvolution(x, get('kernel')), get('bias'));
  return multiply(shifted, exp(multiply(get('logScale'), 3)));
}

/**
 * The order of the output channels of a layer that computes several numbers for each channel, stored by channel: first
 * number 0 of every channel, then number 1, and so on. Element `number · channels + channel` is `channel · numbers + number`.
 */
export function byNumber(channels: number, numbers: number): number[] {
  return Array.from(
    { length: channels * numbers },
    (_, index) => (index % channels) * numbers + Math.floor(index / channels),
  );
}
