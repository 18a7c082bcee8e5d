// The contract of the stages of a model on whole numbers.
import type { BitStack } from '../stack/bitStack.ts';

/** A stage of a model, for the activations of a batch of images. Both methods throw OutOfRange or StackEmpty. */
export interface StageCoder {
  /** Passes activations on, without the latents that the stage factors out, which are then on the stack. */
  encode(values: Float64Array, stack: BitStack): Promise<Float64Array>;
  /** The inverse, for this number of images. */
  decode(values: Float64Array, stack: BitStack, images: number): Promise<Float64Array>;
}
