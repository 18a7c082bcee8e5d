// The contract of maps of whole numbers, and of the networks that some of them need; and the simple maps: another order,
// a scale and a bias per channel.
import type { BitStack, ImageShape, NdArray } from '../../../core/numeric/index.ts';
import type { Tensor } from '../../../tensor/index.ts';
import { fixedScale, requireInRange, toFixed } from '../stack/fixedPoint.ts';
import { scaleDown, scaleUp } from '../stack/modularAffine.ts';

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
  /** The values of tensors that depend only on constants. */
  constants(tensors: readonly Tensor[]): Promise<readonly NdArray['data'][]>;
  /** Compiles a function of images of a shape, `[N, H, W, C]` for any N. */
  compile(shape: ImageShape, build: (images: Tensor) => Tensor): Promise<Network>;
}

/** y[i] = x[from[i]] in every image. */
export function orderMap(from: ArrayLike<number>): IntegerMap {
  const size = from.length;
  const before = new Float64Array(size);
  return {
    forward(values) {
      for (let first = 0; first < values.length; first += size) {
        before.set(values.subarray(first, first + size));
        for (let index = 0; index < size; index++) {
          values[first + index] = before[from[index]!]!;
        }
      }
    },
    inverse(values) {
      for (let first = 0; first < values.length; first += size) {
        before.set(values.subarray(first, first + size));
        for (let index = 0; index < size; index++) {
          values[first + from[index]!] = before[index]!;
        }
      }
    },
  };
}

/** Multiplies by the size of scales, with the modular affine map, then by their signs. */
export function scaleMap(scales: Float64Array): IntegerMap {
  const sizes = scales.map(fixedScale);
  const signs = scales.map((scale) => (scale < 0 ? -1 : 1));
  const channels = scales.length;
  return {
    forward(values, stack) {
      for (let index = 0; index < values.length; index++) {
        const channel = index % channels;
        values[index] = signs[channel]! * scaleUp(stack, values[index]!, sizes[channel]!);
      }
      requireInRange(values);
    },
    inverse(values, stack) {
      for (let index = values.length - 1; index >= 0; index--) {
        const channel = index % channels;
        values[index] = scaleDown(stack, signs[channel]! * values[index]!, sizes[channel]!);
      }
      requireInRange(values);
    },
  };
}

/** Adds biases, rounded to activations. */
export function shiftMap(biases: Float64Array): IntegerMap {
  const fixed = biases.map(toFixed);
  const add = (values: Float64Array, sign: 1 | -1): void => {
    for (let index = 0, channel = 0; index < values.length; index++) {
      values[index]! += sign * fixed[channel]!;
      channel = channel + 1 === fixed.length ? 0 : channel + 1;
    }
    requireInRange(values);
  };
  return { forward: (values) => add(values, 1), inverse: (values) => add(values, -1) };
}
