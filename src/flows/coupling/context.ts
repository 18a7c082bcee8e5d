// The contract of contexts: what the networks of couplings and priors take as input in addition to the image.

import type { Tensor } from '../../tensor/index.ts';
import { concatenate, expand, slice } from '../../tensor/operations/index.ts';
import type { Condition, ConditionShapes } from '../contract/condition.ts';
import type { ParameterSpecs, Parameters } from '../contract/parameters.ts';

/** Height and width of images. */
export type GridSize = readonly [height: number, width: number];

/** Additional network inputs, computed from the condition of a batch. */
export interface Context {
  /** How many channels it has. */
  readonly channels: number;
  /** Its parameters; empty if it has none. */
  readonly parameters: ParameterSpecs;
  /** The conditions that it is computed from, by name. */
  readonly conditions?: ConditionShapes;
  /** The context of a batch: `[N, H, W, channels]`, or with N = 1 one for all images. */
  forward(parameters: Parameters, condition: Condition): Tensor;
}

/** A context for images of this height and width. */
export type ContextFor = (grid: GridSize) => Context;

/** Unchanged context images, from the condition `context`: they have as many pixels as the images. */
export function contextImages(channels: number): ContextFor {
  return ([height, width]) => ({
    channels,
    parameters: {},
    conditions: { context: [height, width, channels] },
    forward: (_, { context }) => context!,
  });
}

/** Images with their context behind them, channel by channel. */
export function besideContext(images: Tensor, context: Tensor): Tensor {
  return concatenate([images, repeatPerImage(images, context)], 3);
}

/** A tensor `[N, H, W, K]` for the batch of these images, or `[1, H, W, K]` copied to as many. */
export function repeatPerImage(images: Tensor, values: Tensor): Tensor {
  const [count] = images.shape as [number];
  // One value of each image: an open batch takes its number of images from it.
  const batch = slice(slice(slice(images, 3, 0, 1), 1, 0, 1), 2, 0, 1);
  return values.shape[0] === count ? values : expand(values, [count, ...values.shape.slice(1)], batch);
}
