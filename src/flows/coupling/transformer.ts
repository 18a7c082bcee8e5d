// The contract of transformers: how a coupling changes values, by numbers that the conditioner computes.

import type { ImageShape } from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import { sum, sumPerImage } from '../../tensor/operations/index.ts';
import { type Bijection, bijection } from '../contract/bijection.ts';
import type { ScalarForm } from '../contract/elementaryMaps.ts';
import { repeatPerImage } from './context.ts';

/**
 * A bijection that changes each value by itself. Its form depends on the condition `numbers`, `[H, W, K·C]` for images
 * `[H, W, C]`: number 0 of every channel, then number 1, up to number K − 1.
 */
export interface Transformer extends Bijection {
  /** How it changes one value, for lossless compression; missing if it can't compress. */
  readonly scalar?: ScalarForm;
}

/** A transformer of images of a shape: those that a coupling changes. */
export type TransformerFor = (shape: ImageShape) => Transformer;

/** Changed values. */
interface TransformedValues {
  /** The values, of the same shape as before. */
  readonly y: Tensor;
  /** ln |dy/dx| of each value, of the same shape; missing if it is 0 everywhere. */
  readonly logDerivative?: Tensor;
}

/** An invertible function of one value, whose form depends on numbers. */
export interface ElementwiseDefinition {
  /** Its name in the literature. */
  readonly name: string;
  /** How many numbers it takes for each value. */
  readonly numbers: number;
  /** Changes values `[N, H, W, C]`. `numbers`, `[N, H, W, K·C]`, holds number 0 of every channel, then number 1, and so on. */
  forward(x: Tensor, numbers: Tensor): TransformedValues;
  /** Inverts `forward` for the same numbers. */
  inverse(y: Tensor, numbers: Tensor): Tensor;
  /** As in a transformer. */
  readonly scalar?: ScalarForm;
}

/** A transformer from a function of single values: ln|det| is the sum of ln|dy/dx|. */
export function elementwise({
  name,
  numbers: count,
  forward,
  inverse,
  scalar,
}: ElementwiseDefinition): TransformerFor {
  return (shape) => ({
    ...bijection({
      name,
      inputShape: shape,
      outputShape: shape,
      parameters: {},
      conditions: { numbers: [shape[0], shape[1], count * shape[2]] },
      forward(x, _, { numbers }) {
        const { y, logDerivative } = forward(x, repeatPerImage(x, numbers));
        return logDerivative
          ? { y, logDet: sumPerImage(logDerivative), logDetMap: sum(logDerivative, [3]) }
          : { y, logDet: constant(0) };
      },
      inverse: (y, _, { numbers }) => inverse(y, repeatPerImage(y, numbers)),
    }),
    ...(scalar && { scalar }),
  });
}
