// Activation normalisation: a scale and a shift per channel, initialised from the first batch.
import { UserError } from '../../core/errors.ts';
import { countElements, type ImageShape } from '../../core/numeric/index.ts';
import { isOpen, showShape, type Tensor } from '../../tensor/index.ts';
import {
  add,
  divide,
  exp,
  log,
  multiply,
  negate,
  sqrt,
  subtract,
  sum,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { filledParameter, type ParameterSpecs, type Parameters } from '../contract/parameters.ts';

/**
 * Activation normalisation, y = (x + bias)·e^(3·logScale) per channel; ln|det| = H·W·3·Σ logScale.
 *
 * Data-dependent initialisation: after it, the first batch has mean 0 and standard deviation 1 in every
 * channel.
 * Source: Kingma and Dhariwal, Glow (2018).
 */
export function actnorm(shape: ImageShape): Bijection {
  const [height, width, channels] = shape;
  return {
    name: 'actnorm',
    inputShape: shape,
    outputShape: shape,
    parameters: actnormParameters(channels),
    forward(x, p) {
      const { y, logScale } = normalised(x, p);
      return { y, logDet: multiply(sum(logScale), 3 * height * width) };
    },
    inverse(y, p) {
      return subtract(multiply(y, exp(multiply(p.get('logScale'), -3))), p.get('bias'));
    },
    factors: (p) => ({ scale: exp(multiply(p.get('logScale'), 3)) }),
    maps: (p) => [
      { kind: 'shift', bias: p.get('bias') },
      { kind: 'scale', scale: exp(multiply(p.get('logScale'), 3)) },
    ],
  };
}

/** The parameters of an activation normalisation. */
export function actnormParameters(channels: number): ParameterSpecs {
  return { bias: filledParameter([channels], 0), logScale: filledParameter([channels], 0) };
}

/**
 * `x`, with channels as its last axis, shifted and scaled by an activation normalisation with the given
 * parameters. Initialised from `x`: bias = −mean, logScale = −ln(deviation + 1e-6)/3, with the population's
 * standard deviation.
 */
export function normalised(x: Tensor, p: Parameters): { y: Tensor; logScale: Tensor } {
  const bias = p.get('bias', () => negate(meanPerChannel(x)));
  const logScale = p.get('logScale', () => {
    const centred = subtract(x, meanPerChannel(x));
    const deviation = sqrt(meanPerChannel(multiply(centred, centred)));
    return divide(log(add(deviation, 1e-6)), -3);
  });
  return { y: multiply(add(x, bias), exp(multiply(logScale, 3))), logScale };
}

function meanPerChannel(x: Tensor): Tensor {
  if (isOpen(x.shape)) {
    throw new UserError(
      'invalid-argument',
      `actnorm: data-dependent initialisation needs a batch of known size, not ${showShape(x.shape)}`,
    );
  }
  const axes = x.shape.map((_, axis) => axis).slice(0, -1);
  return divide(sum(x, axes), countElements(x.shape.slice(0, -1)));
}
