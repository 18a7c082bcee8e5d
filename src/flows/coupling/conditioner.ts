// The contract of conditioners: the networks inside couplings.
import type { ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Condition, ConditionShapes } from '../contract/condition.ts';
import type { ParameterSpecs, Parameters } from '../contract/parameters.ts';

/** The numbers that a conditioner computes at each pixel. */
export interface ConditionerOutput {
  /** The channels of the changed values. */
  readonly channels: number;
  /** How many numbers the transformer takes for each of them. */
  readonly numbers: number;
}

/**
 * Computes the numbers of a transformer at every pixel, `[N, H, W, numbers · channels]`: number 0 of every channel, then
 * number 1, and so on. It need not be invertible.
 *
 * @param input images `[N, H, W, C]` as the mask shows them, followed by the channels of the context, if any
 * @param condition what it declares, for networks that use more of the condition than the context
 */
export type ConditionerFunction = (
  input: Tensor,
  parameters: Parameters,
  condition: Condition,
  output: ConditionerOutput,
) => Tensor;

/** A network that computes the numbers of a transformer from the values that a coupling keeps. */
export interface Conditioner {
  /**
   * Its parameters; networks with an output of zeros at the start make the coupling start near the identity.
   *
   * @param inputShape the shape of an image that it is given
   */
  parameters(inputShape: ImageShape, output: ConditionerOutput): ParameterSpecs;
  /** The conditions that it uses, by name; by default none. */
  readonly conditions?: ConditionShapes;
  /** The numbers of a batch. */
  readonly forward: ConditionerFunction;
}
