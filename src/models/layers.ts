// The layers of a model one by one, each with its path: for those who look at them singly.
import type { Bijection } from '../flows/bijection.ts';
import type { Split, TopPrior } from '../flows/prior.ts';
import { dimensionsOf, type ImageShape } from '../numeric/imageShape.ts';
import {
  add,
  concatenate,
  multiply,
  split as splitChannels,
  sumPerImage,
} from '../tensor/operations/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Glow } from './glow.ts';

/** A layer, and where it stands in a model. */
export interface PlacedLayer {
  /** The path before its parameters, such as `levels/0/steps/3/emerging`. */
  readonly path: string;
  /** The layer itself. */
  readonly bijection: Bijection;
  /** How many channels of its result, the first ones, go on to the next layer: all, unless a split lets some go. */
  readonly keptChannels?: number;
}

/**
 * Every layer of a model in the order of encoding. Chains are taken apart. A split is the bijection from all channels
 * to those that stay and, behind them, the latent; the top prior the one from what is left to its latent.
 */
export function layersOf(model: Glow): PlacedLayer[] {
  const levels = model.levels.flatMap(({ name, squeeze, steps, split }) => [
    { path: `${name}/squeeze`, bijection: squeeze },
    ...partsOf(`${name}/steps`, steps),
    ...(split
      ? [{ path: `${name}/split`, bijection: splitting(split), keptChannels: split.keptShape[2] }]
      : []),
  ]);
  return [...levels, { path: 'prior', bijection: standardising(model.top, model.latentShapes.at(-1)!) }];
}

/** A bijection as a list of layers: itself, or the parts of a chain, of chains within it too. */
function partsOf(path: string, bijection: Bijection): PlacedLayer[] {
  return bijection.parts
    ? Object.entries(bijection.parts).flatMap(([key, part]) => partsOf(`${path}/${key}`, part))
    : [{ path, bijection }];
}

function splitting(split: Split): Bijection {
  const [height, width, channels] = split.keptShape;
  const shape: ImageShape = [height, width, channels + split.latentShape[2]];
  return {
    name: 'split',
    inputShape: shape,
    outputShape: shape,
    parameters: split.parameters,
    forward(x, p) {
      const { y, epsilon, logPrior } = split.forward(x, p);
      return { y: concatenate([y, epsilon], 3), logDet: logDetOf(epsilon, logPrior, split.latentShape) };
    },
    inverse(y, p) {
      const [kept, epsilon] = splitChannels(y, 3, [channels, split.latentShape[2]]) as [Tensor, Tensor];
      return split.inverse(kept, epsilon, p);
    },
  };
}

function standardising(top: TopPrior, shape: ImageShape): Bijection {
  return {
    name: 'prior',
    inputShape: shape,
    outputShape: shape,
    parameters: top.parameters,
    forward(x, p) {
      const { epsilon, logPrior } = top.forward(x, p);
      return { y: epsilon, logDet: logDetOf(epsilon, logPrior, shape) };
    },
    inverse: (y, p) => top.inverse(y, p),
  };
}

/** ln|det ∂ε/∂z|: by how much the log-density of z exceeds that of ε under the standard normal. */
function logDetOf(epsilon: Tensor, logPrior: Tensor, shape: ImageShape): Tensor {
  const normaliser = (dimensionsOf(shape) / 2) * Math.log(2 * Math.PI);
  return add(add(logPrior, normaliser), multiply(sumPerImage(multiply(epsilon, epsilon)), 0.5));
}
