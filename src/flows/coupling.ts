// The affine coupling layer and the network inside it.

import type { ImageShape } from '../numeric/imageShape.ts';
import {
  add,
  concatenate,
  divide,
  logSigmoid,
  multiply,
  relu,
  sigmoid,
  split,
  subtract,
  sumPerImage,
} from '../tensor/operations/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { actnormParameters, normalisation } from './actnorm.ts';
import type { Bijection } from './bijection.ts';
import { type Affine, convolvePointwise, convolveWithEdge } from './convolution.ts';
import { normalParameter, type ParameterSpecs, type Parameters, prefixed } from './parameters.ts';
import { scaledConvolutionPairs, scaledConvolutionParameters } from './scaledConvolution.ts';

/**
 * An affine coupling: the first half a of the channels stays, the second becomes (b + shift)·sigmoid(t + 2), where
 * shift and t are the even and odd channels of a network of a; ln|det| = Σ ln sigmoid(t + 2).
 *
 * Source: Dinh et al., Real NVP (2017), in Glow's form.
 */
export function coupling(shape: ImageShape, { width }: { width: number }): Bijection {
  const channels = shape[2];
  const kept = Math.floor(channels / 2);
  const changed = channels - kept;
  if (kept === 0) {
    throw new Error('coupling: at least 2 channels are needed');
  }
  const shiftAndScale = (a: Tensor, p: Parameters) => {
    const [shift, t] = couplingNetwork(a, p);
    return { shift, t: add(t, 2) };
  };
  return {
    name: 'coupling',
    inputShape: shape,
    outputShape: shape,
    parameters: couplingNetworkParameters(kept, width, 2 * changed),
    forward(x, p) {
      const [a, b] = split(x, 3, [kept, changed]) as [Tensor, Tensor];
      const { shift, t } = shiftAndScale(a, p);
      const y = multiply(add(b, shift), sigmoid(t));
      return { y: concatenate([a, y], 3), logDet: sumPerImage(logSigmoid(t)) };
    },
    inverse(y, p) {
      const [a, b] = split(y, 3, [kept, changed]) as [Tensor, Tensor];
      const { shift, t } = shiftAndScale(a, p);
      return concatenate([a, subtract(divide(b, sigmoid(t)), shift)], 3);
    },
  };
}

function couplingNetworkParameters(channels: number, width: number, outputs: number): ParameterSpecs {
  return {
    'conv1/kernel': normalParameter([3, 3, channels + 1, width], 0.05),
    ...prefixed('conv1', actnormParameters(width)),
    'conv2/kernel': normalParameter([1, 1, width, width], 0.05),
    ...prefixed('conv2', actnormParameters(width)),
    ...prefixed('conv3', scaledConvolutionParameters(width, outputs)),
  };
}

/** 3x3 convolution, actnorm, ReLU; 1x1 convolution, actnorm, ReLU; scaled 3x3 convolution: its even and odd channels. */
function couplingNetwork(a: Tensor, p: Parameters): [Tensor, Tensor] {
  const h1 = relu(normalised(a, p.at('conv1'), convolveWithEdge));
  const h2 = relu(normalised(h1, p.at('conv2'), convolvePointwise));
  return scaledConvolutionPairs(h2, p.at('conv3'));
}

/** A convolution and its actnorm, whose shift and scale go into the convolution's own weights. */
function normalised(
  x: Tensor,
  p: Parameters,
  convolve: (x: Tensor, kernel: Tensor, affine?: Affine) => Tensor,
): Tensor {
  const kernel = p.get('kernel');
  const { bias, scale } = normalisation(p, () => convolve(x, kernel));
  return convolve(x, kernel, { bias, scale });
}
