// The affine transformer.
import { UserError } from '../../core/errors.ts';
import { portableSigmoid } from '../../core/numeric/index.ts';
import { numberFrom, option } from '../../core/parts/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  divide,
  exp,
  log,
  logSigmoid,
  multiply,
  sigmoid,
  split,
  subtract,
} from '../../tensor/operations/index.ts';
import { defineTransformer, elementwise, type TransformerFor } from './parts.ts';

/** The options of an affine transformer. */
export interface AffineOptions {
  /** A lower bound f on the scale, from 0 (none, the default) to below 1. */
  readonly scaleFloor?: number;
}

/**
 * y = (x + shift)·scale with scale = sigmoid(t + 2); ln y' = ln scale. The numbers are shift and t.
 *
 * With a floor f the scale is f + (1 − f)·sigmoid(t + 2): the inverse amplifies rounding by at most 1/f.
 * Source: Dinh et al., Real NVP (2017), in the form of Glow's code.
 *
 * @throws if the floor is out of range
 */
export function affine({ scaleFloor = 0 }: AffineOptions = {}): TransformerFor {
  if (!(scaleFloor >= 0 && scaleFloor < 1)) {
    throw new UserError(
      'invalid-argument',
      `affine: scaleFloor must be at least 0 and below 1, not ${scaleFloor}`,
    );
  }
  const shiftAndScale = (numbers: Tensor) => {
    const channels = numbers.shape[3]! / 2;
    const [shift, t] = split(numbers, 3, [channels, channels]);
    const raw = add(t, 2);
    if (scaleFloor === 0) {
      // In float32 ONNX Runtime's sigmoid is off by 1 % at −12, and 0 below −18.
      const logScale = logSigmoid(raw);
      return { shift, scale: exp(logScale), logScale };
    }
    const scale = add(multiply(sigmoid(raw), 1 - scaleFloor), scaleFloor);
    return { shift, scale, logScale: log(scale) };
  };
  return elementwise({
    name: 'affine',
    numbers: 2,
    forward(x, numbers) {
      const { shift, scale, logScale } = shiftAndScale(numbers);
      return { y: multiply(add(x, shift), scale), logDerivative: logScale };
    },
    inverse(y, numbers) {
      const { shift, scale } = shiftAndScale(numbers);
      return subtract(divide(y, scale), shift);
    },
    scalar: {
      affine: (numbers) => ({
        shift: numbers[0]!,
        scale: scaleFloor + (1 - scaleFloor) * portableSigmoid(numbers[1]! + 2),
      }),
    },
  });
}

/** The affine transformer as configurations choose it. */
export const affineTransformer = defineTransformer({
  name: 'affine',
  summary: 'Adds and multiplies.',
  options: {
    scaleFloor: option(
      'Lower bound on the scales, which limits the amplification of the inverse; 0 for none.',
      numberFrom(0, 0.5),
      0,
    ),
  },
  build: affine,
});
