// The contract of conditioners: the networks inside couplings.
import type { ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Condition } from '../contract/condition.ts';
import type { ParameterSpecs, Parameters } from '../contract/parameters.ts';

/** The numbers that a conditioner computes at each pixel. */
export interface ConditionerOutput {
  /** The channels of the changed values. */
  readonly channels: number;
  /** How many numbers the transformer takes for each of them. */
  readonly numbers: number;
}

/** A network that computes the numbers of a transformer from the values that a coupling keeps. It need not be invertible. */
export interface Conditioner {
  /** Its parameters; networks with an output of zeros at the start make the coupling start near the identity. */
  readonly parameters: ParameterSpecs;
  /**
   * The numbers at every pixel, `[N, H, W, numbers · channels]`: first number 0 of every channel, then number 1, and so on.
   *
   * @param seen images `[N, H, W, C]` as the mask shows them, followed by the channels of the context, if any
   * @param condition the condition of the batch, for networks that use more of it than the context
   */
  forward(seen: Tensor, parameters: Parameters, condition?: Condition): Tensor;
}

/** A conditioner for images that it sees in this shape. */
export type ConditionerFor = (seenShape: ImageShape, output: ConditionerOutput) => Conditioner;
