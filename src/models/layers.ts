// The layers of a model one by one, each with its path: for those who look at them singly.
import type { Bijection } from '../flows/bijection.ts';
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

/** Every layer of a model in the order of encoding. Chains are taken apart. */
export function layersOf(model: Glow): PlacedLayer[] {
  return model.stages.flatMap(({ path, stage: { bijection, outputShape, latentShape } }) => {
    const layers = partsOf(path, bijection);
    return outputShape && latentShape
      ? layers.map((layer) => ({ ...layer, keptChannels: outputShape[2] }))
      : layers;
  });
}

/** A bijection as a list of layers: itself, or the parts of a chain, of chains within it too. */
function partsOf(path: string, bijection: Bijection): PlacedLayer[] {
  return bijection.parts
    ? Object.entries(bijection.parts).flatMap(([key, part]) => partsOf(`${path}/${key}`, part))
    : [{ path, bijection }];
}
