// The convolution exponential: the exponential of the matrix of any zero-padded convolution.

import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { numberFrom, option } from '../../core/parts/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  divide,
  expConvolution,
  identity,
  multiply,
  negate,
  relu,
  reshape,
  slice,
  sqrt,
  squareOffsets,
  subtract,
  sum,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { defineMixing } from '../contract/mixing.ts';
import { filledParameter, normalParameter, type Parameters } from '../contract/parameters.ts';
import { conv1x1 } from './conv1x1.ts';
import { kernelMisfit } from './kernels.ts';
import { kernelSizeOption } from './sharedOptions.ts';

/** The largest bound on the norm: terms of a longer series are so large that float32 loses their sum. */
const MOST_NORM_BOUND = 10;

/** The options of a convolution exponential. */
export interface ConvolutionExponentialOptions {
  /** The side of the kernel, odd; default 3. */
  readonly kernelSize?: number;
  /** A bound on the norm of the convolution, which determines the number of terms, at most 10; default 1. */
  readonly normBound?: number;
}

/** Added to the squared norm of a tap, far below rounding: the gradient of a root at 0 is not finite. */
const TINY = 1e-30;

/**
 * The exponential of a convolution M with zero padding, y = exp(M)·x + bias = Σₙ Mⁿ·x/n! + bias.
 *
 * M convolves with s·kernel, s = min(1, normBound / Σ over taps ‖kernelₜ‖), Frobenius norms; so its norm is at most
 * `normBound`. ln|det| = tr M = H·W·s·Σ_c kernel[centre, c, c], and the inverse is exp(−M), for any kernel.
 * Source: Hoogeboom, Satorras, Tomczak and Welling, The Convolution Exponential (2020).
 *
 * @throws if the side of the kernel is not odd, or the bound not above 0 and at most 10
 */
export function convolutionExponential(
  shape: ImageShape,
  { kernelSize = 3, normBound = 1 }: ConvolutionExponentialOptions = {},
): Bijection {
  if (!Number.isInteger(kernelSize) || kernelSize < 1 || kernelSize % 2 === 0) {
    throw new UserError('invalid-argument', `convexp: the kernel size must be odd, not ${kernelSize}`);
  }
  if (!(normBound > 0 && normBound <= MOST_NORM_BOUND)) {
    throw new UserError(
      'invalid-argument',
      `convexp: the norm bound must be above 0 and at most ${MOST_NORM_BOUND}, not ${normBound}`,
    );
  }
  const [height, width, channels] = shape;
  const offsets = squareOffsets(kernelSize);
  const centre = (offsets.length - 1) / 2;
  const kernelShape = [kernelSize, kernelSize, channels, channels];
  const kernelTaps = (p: Parameters): Tensor => {
    const taps = reshape(p.get('kernel'), [offsets.length, channels, channels]);
    const norms = sqrt(add(sum(multiply(taps, taps), [1, 2]), TINY));
    // min(1, q) = 1 − relu(1 − q).
    const scale = subtract(1, relu(subtract(1, divide(normBound, sum(norms)))));
    return multiply(taps, scale);
  };
  return {
    name: 'convexp',
    inputShape: shape,
    outputShape: shape,
    parameters: {
      kernel: normalParameter(kernelShape, 0.02 / Math.sqrt(channels)),
      bias: filledParameter([channels], 0),
    },
    forward(x, p) {
      const taps = kernelTaps(p);
      const atCentre = reshape(slice(taps, 0, centre, centre + 1), [channels, channels]);
      return {
        y: add(expConvolution(x, taps, { offsets, normBound }), p.get('bias')),
        logDet: multiply(sum(multiply(atCentre, identity(channels))), height * width),
      };
    },
    inverse: (y, p) =>
      expConvolution(subtract(y, p.get('bias')), negate(kernelTaps(p)), { offsets, normBound }),
  };
}

/** The mixing of a 1x1 convolution and the exponential of a convolution. */
export const convexpMixing = defineMixing({
  name: 'convexp',
  text: 'exponentials of convolutions',
  summary: 'A 1x1 convolution, then the exponential of a convolution.',
  inverse: 'series',
  options: {
    kernelSize: kernelSizeOption,
    normBound: option(
      'Bound on the norm of the convolution before its exponential.',
      numberFrom(0.01, MOST_NORM_BOUND),
      1,
    ),
  },
  build: (shape, options) => ({
    conv1x1: conv1x1(shape),
    convexp: convolutionExponential(shape, options),
  }),
  misfit: kernelMisfit,
});
