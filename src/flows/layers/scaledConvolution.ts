// The 3x3 convolutions of the networks inside a flow, plain and scaled, and what they see outside an image.

import type { Tensor } from '../../tensor/index.ts';
import type { Boundary } from '../../tensor/operations/index.ts';
import {
  add,
  convolution,
  exp,
  multiply,
  reshape,
  squareOffsets,
  transpose,
} from '../../tensor/operations/index.ts';
import { filledParameter, type ParameterSpecs, type Parameters } from '../contract/parameters.ts';

/** What networks may see outside an image, by name; the default first. */
export const boundaries = ['zero', 'periodic'] as const;

/** The values that networks read outside an image: zeros, or the image wrapped around, as on a torus. */
export type ImageBoundary = (typeof boundaries)[number];

/** The same, as the operation of convolutions names it. */
export function convolutionBoundary(boundary: ImageBoundary): Boundary {
  return boundary === 'zero' ? 'zero' : 'wrap';
}

/** The shape of the kernel of `edgeConvolution`. */
export function edgeKernelShape(channels: number, outputs: number, boundary: ImageBoundary): number[] {
  return [3, 3, channels + (boundary === 'zero' ? 1 : 0), outputs];
}

/**
 * The convolution of images `[N, H, W, in]` with a 3x3 kernel `[3, 3, in + 1, out]` and zero padding. The
 * kernel's last input channel is for the edge channel, 1 on the padding and 0 inside, so that a layer can
 * tell where the image ends. On a torus it ends nowhere: the kernel is `[3, 3, in, out]`.
 */
export function edgeConvolution(x: Tensor, kernel: Tensor, boundary: ImageBoundary): Tensor {
  const [, , inputs, outputs] = kernel.shape as [number, number, number, number];
  return convolution(x, reshape(kernel, [9, inputs, outputs]), {
    offsets: squareOffsets(3),
    boundary: convolutionBoundary(boundary),
    edge: boundary === 'zero',
  });
}

/**
 * The parameters of a scaled 3x3 convolution; all are initialised to zero.
 *
 * @param channels how many channels the outputs are for, several for each, as in `byNumber`
 */
export function scaledConvolutionParameters(
  inputs: number,
  outputs: number,
  boundary: ImageBoundary,
  channels?: number,
): ParameterSpecs {
  return {
    kernel: {
      ...filledParameter(edgeKernelShape(inputs, outputs, boundary), 0),
      kernel: true,
      ...(channels && { channels }),
    },
    bias: filledParameter([outputs], 0),
    logScale: filledParameter([outputs], 0),
  };
}

/**
 * A scaled convolution: (x * kernel + bias)·e^(3·logScale), with * as in `edgeConvolution`.
 *
 * @param channels how many channels the outputs are for, several for each, as in `byNumber`; default: one for each
 */
export function scaledConvolution(
  x: Tensor,
  p: Parameters,
  { boundary, channels }: { readonly boundary: ImageBoundary; readonly channels?: number },
): Tensor {
  // The parameters are reordered, not the result: they are smaller.
  const get = (name: string): Tensor => (channels ? byNumber(p.get(name), channels) : p.get(name));
  const shifted = add(edgeConvolution(x, get('kernel'), boundary), get('bias'));
  return multiply(shifted, exp(multiply(get('logScale'), 3)));
}

/**
 * Reorders the last axis of a parameter `[…, channels · numbers]`, which is stored by channel: number 0 of every channel comes
 * first, then number 1, and so on.
 */
export function byNumber(parameter: Tensor, channels: number): Tensor {
  const { shape } = parameter;
  const outputs = shape.at(-1)!;
  const numbers = outputs / channels;
  if (parameter.rank === 1) {
    return reshape(transpose(reshape(parameter, [channels, numbers])), shape);
  }
  const rows = shape.slice(0, -1).reduce((product, length) => product * length, 1);
  // ONNX Runtime moves single elements slowly: by columns, whole rows move between two transpositions of a matrix.
  const columns = reshape(transpose(reshape(parameter, [rows, outputs])), [channels, numbers, rows]);
  const reordered = reshape(transpose(columns, [1, 0, 2]), [outputs, rows]);
  return reshape(transpose(reordered), shape);
}
