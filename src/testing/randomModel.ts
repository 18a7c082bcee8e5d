// Tiny models with random weights, for tests of code that takes any model.
import { countElements, type ImageShape, type NdArray } from '../core/numeric/arrays.ts';
import { RandomStream } from '../core/numeric/random.ts';
import { randomParameters } from '../flows/checks/randomParameters.ts';
import type { ParameterSpecs } from '../flows/contract/parameters.ts';
import { Glow } from '../flows/models/glow.ts';
import type { ModelOptions } from '../flows/models/options.ts';
import type { TrainedModel } from '../model/trainedModel.ts';
import { constant, constantValue } from '../tensor/tensor.ts';

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

/** The model with t = `bias` in its first coupling, whose inverse divides by sigmoid(2 + t). */
export function withSteepCoupling(trained: TrainedModel, bias: number): TrainedModel {
  const path = 'levels/0/steps/0/coupling/conv3/bias';
  const { shape, data } = constantValue(trained.parameters[path]!)!;
  // Even channels shift, odd ones scale.
  const steep = constant({ shape, data: data.map((value, index) => (index % 2 === 1 ? bias : value)) });
  return { ...trained, parameters: { ...trained.parameters, [path]: steep } };
}

/** Random values for all parameters; of kernels with an odd side, only the centre tap is not zero. */
export function localParameters(specs: ParameterSpecs): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(randomParameters(specs)).map(([path, { shape, data }]) => {
      const centre = (countElements(shape.slice(0, 2)) - 1) / 2;
      const perTap = countElements(shape.slice(2));
      const isKernel = shape.length === 4;
      const local = Float64Array.from(data, (value, index) =>
        isKernel && Math.floor(index / perTap) !== centre ? 0 : value,
      );
      return [path, { shape, data: local }];
    }),
  );
}
