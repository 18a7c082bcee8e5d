// Tiny models with random weights, for tests of code that takes any model.

import type { ImageShape } from '../core/numeric/imageShape.ts';
import { RandomStream } from '../core/numeric/random.ts';
import { randomParameters } from '../flows/checks/randomParameters.ts';
import { Glow } from '../flows/models/glow.ts';
import type { ModelOptions } from '../flows/models/options.ts';
import type { TrainedModel } from '../model/trainedModel.ts';
import { constant } from '../tensor/tensor.ts';

/** The options of a flow that is quick to compile. */
export const tinyFlow: Partial<ModelOptions> = {
  levels: 2,
  depth: 2,
  conditioner: { width: 6 },
  learnedPrior: true,
};

/** A model of `tinyFlow` with random weights: `distance` 0 are those it starts with, 0.3 is far from the identity. */
export function randomModel(shape: ImageShape, options: Partial<ModelOptions>, distance = 0.3): TrainedModel {
  const model = new Glow(shape, { ...tinyFlow, ...options });
  const far = randomParameters(model.parameters);
  const parameters = Object.entries(model.parameters).map(
    ([path, { initial, trained, shape: parameterShape }]) => {
      const start = initial(new RandomStream(1, 'start'));
      const moved = start.map((value, index) => value + distance * far[path]!.data[index]!);
      return [path, constant({ shape: parameterShape, data: trained ? moved : start })] as const;
    },
  );
  return { model, parameters: Object.fromEntries(parameters) };
}
