// The layers of a model one by one, each with its path: for code that inspects single layers.
import type { Bijection } from '../contract/bijection.ts';
import { DEQUANTISER, type Flow } from './flow.ts';

/** A layer, and its place in a model. */
export interface PlacedLayer {
  /** The prefix of its parameters' paths, such as `levels/0/steps/3/emerging`. */
  readonly path: string;
  /** The layer itself. */
  readonly bijection: Bijection;
  /**
   * How many channels of its result, the first ones, are passed to the next layer: all, unless a split
   * factors some out.
   */
  readonly keptChannels?: number;
}

/** Every layer of a model in the order of encoding. Chains are flattened. */
export function listLayers(model: Flow): PlacedLayer[] {
  return model.stages.flatMap(({ path, stage: { bijection, outputShape, latentShape } }) => {
    const layers = flattenLayers(path, bijection);
    return outputShape && latentShape
      ? layers.map((layer) => ({ ...layer, keptChannels: outputShape[2] }))
      : layers;
  });
}

/** Every layer of the flow that a model's dequantisation noise comes from; none if it is drawn. */
export function listNoiseLayers({ dequantiser }: Flow): PlacedLayer[] {
  return dequantiser.flow ? flattenLayers(DEQUANTISER, dequantiser.flow) : [];
}

/** A bijection as a list of layers: itself, or the parts of a chain, including nested chains. */
export function flattenLayers(path: string, bijection: Bijection): PlacedLayer[] {
  return bijection.parts
    ? Object.entries(bijection.parts).flatMap(([key, part]) => flattenLayers(`${path}/${key}`, part))
    : [{ path, bijection }];
}
