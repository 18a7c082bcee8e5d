// Finds where numbers stopped being finite: in a batch, a weight, a layer or a gradient.

import type { NdArray } from '../../core/numeric/index.ts';
import { parametersFrom } from '../../flows/contract/index.ts';
import {
  DEQUANTISER,
  type Flow,
  type Groups,
  listLayers,
  type ParameterLayout,
} from '../../flows/models/index.ts';
import { asConditionInputs, type Batch, conditionInputs, sliceBatch } from '../../model/likelihood/index.ts';
import type { TrainingState } from '../../runs/contents/index.ts';
import { momentLayouts } from '../../runs/contents/stored.ts';
import { type CompileOptions, compile, releaseAfter } from '../../tensor/engine/index.ts';
import { input, type ProgramDefinition, type Tensor } from '../../tensor/index.ts';
import { add, multiply, slice, sum } from '../../tensor/operations/index.ts';
import { optimizers } from '../../tensor/optimizers/index.ts';

/** Whether all elements are finite. */
export function isFiniteArray({ data }: NdArray): boolean {
  for (let index = 0; index < data.length; index++) {
    if (!Number.isFinite(data[index]!)) {
      return false;
    }
  }
  return true;
}

/** The paths of the parameters with a non-finite element in these arrays, in model order. */
export function notFiniteIn(groups: Groups, layout: ParameterLayout): string[] {
  const suspect = Object.fromEntries(Object.entries(groups).filter(([, array]) => !isFiniteArray(array)));
  return Object.entries(layout.unpack(suspect)).flatMap(([path, array]) =>
    isFiniteArray(array) ? [] : [path],
  );
}

/**
 * What in a state is not finite, in words: `the weight levels/0/steps/1/actnorm/bias`; null if all is finite.
 */
export function notFiniteInState(state: TrainingState, layout: ParameterLayout): string | null {
  const moments = momentLayouts(layout, optimizers.find(state.optimizer.name));
  const parts = [
    ['weight', state.weights, layout],
    ...Object.entries(state.optimizer.moments).map(
      ([name, groups]) => [`${name} moment of`, groups, moments[name]!] as const,
    ),
    ['average of', state.average, layout],
  ] as const;
  for (const [words, groups, parameters] of parts) {
    const [path] = notFiniteIn(groups, parameters);
    if (path !== undefined) {
      return `the ${words} ${path} is not finite`;
    }
  }
  return null;
}

/** The path of the first layer, or of the dequantiser, with a non-finite output for a batch; null if there is none. */
export async function firstLayerNotFinite(
  model: Flow,
  layout: ParameterLayout,
  { batch, images, weights }: { batch: Batch; images: number; weights: Groups },
  options: CompileOptions,
): Promise<string | null> {
  return releaseAfter(async (keep) => {
    const program = keep(await compile(layersDefinition(model, layout, images), options));
    for (let first = 0; first < batch.image.shape[0]!; first += images) {
      const results = await program.run({ ...sliceBatch(batch, first, images), ...weights });
      const broken = Object.entries(results).find(([, { data }]) => !Number.isFinite(data[0]!));
      if (broken) {
        return broken[0];
      }
    }
    return null;
  });
}

/**
 * The program that returns, by layer path in order, 0 for every layer with finite outputs and NaN otherwise.
 */
function layersDefinition(model: Flow, layout: ParameterLayout, images: number): ProgramDefinition {
  const { inputs, tensors } = layout.inputs();
  const shape = [images, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const outputs: Record<string, Tensor> = {};
  const condition = conditionInputs(model, images);
  const parameters = parametersFrom(tensors);
  const { u, logDensity } = model.dequantisationNoise(image, noise, parameters);
  let z = model.dequantise(image, u);
  if (logDensity) {
    outputs[DEQUANTISER] = add(sum(multiply(z, 0)), sum(multiply(logDensity, 0)));
  }
  for (const { path, bijection, keptChannels } of listLayers(model)) {
    const { y, logDet } = bijection.forward(z, parameters.at(path), condition);
    outputs[path] = add(sum(multiply(y, 0)), sum(multiply(logDet, 0)));
    z = keptChannels === undefined ? y : slice(y, 3, 0, keptChannels);
  }
  return { inputs: { image, noise, ...asConditionInputs(condition), ...inputs }, outputs };
}
