// The contract of transformers: how a coupling changes a value, by numbers that the conditioner computes.

import type { Tensor } from '../../tensor/index.ts';
import type { ScalarTransformer } from '../contract/elementaryMaps.ts';

/** Changed values. */
export interface TransformedValues {
  /** The values, of the same shape as before. */
  readonly y: Tensor;
  /** ln |dy/dx| of each value, of the same shape; missing if it is 0 everywhere. */
  readonly logDerivative?: Tensor;
}

/** An invertible function of one value, whose form depends on numbers: `[N, H, W, C]` and `[N, H, W, numbers · C]`. */
export interface Transformer extends ScalarTransformer {
  /** Changes values. `numbers` holds number 0 of every channel, then number 1, and so on. */
  forward(x: Tensor, numbers: Tensor): TransformedValues;
  /** Inverts `forward` for the same numbers. */
  inverse(y: Tensor, numbers: Tensor): Tensor;
}
