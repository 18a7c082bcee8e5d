// The contract of maps of whole numbers, and of the networks that some of them need.
import type { ImageShape } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { BitStack } from '../stack/bitStack.ts';

/**
 * A map of the activations of a batch of images, `[N, H, W, C]` one after the other, in place. `inverse` undoes `forward`,
 * in the opposite order of values: what one pops from the stack, the other pushes.
 *
 * Both throw OutOfRange or StackEmpty; the values and the stack are then of no use.
 */
export interface IntegerMap {
  /** Applies the map. */
  forward(values: Float64Array, stack: BitStack): void | Promise<void>;
  /** Inverts it; also for values and stacks that `forward` never made. */
  inverse(values: Float64Array, stack: BitStack): void | Promise<void>;
}

/** A function of images, compiled: every machine must return the same bits for the same inputs and number of images. */
export interface Network {
  /** Computes the outputs of a batch, one image after the other. */
  run(images: Float32Array, count: number): Promise<NdArray['data']>;
}

/** What computes the real numbers that maps depend on. */
export interface Networks {
  /** The values of tensors that depend on constants alone. */
  constants(tensors: readonly Tensor[]): Promise<readonly NdArray['data'][]>;
  /** Compiles a function of images of a shape, `[N, H, W, C]` for any N. */
  compile(shape: ImageShape, build: (images: Tensor) => Tensor): Promise<Network>;
}
