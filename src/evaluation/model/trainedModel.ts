// A model with weights that no longer change, wherever they come from.
import type { Glow } from '../../models/glow.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';
import { ParameterLayout } from '../../training/parameterLayout.ts';
import { type TrainingStart, type WeightsKind, weightsOf } from '../../training/trainingState.ts';

/** A model with weights that no longer change. */
export interface TrainedModel {
  /** The model, which knows its layers and shapes but no weights. */
  readonly model: Glow;
  /** The parameters by path, as constants: programs work out what depends on them alone when they are compiled. */
  readonly parameters: Readonly<Record<string, Tensor>>;
}

/** A model with the weights of a training's state, as constants. */
export function trainedModel(
  model: Glow,
  state: TrainingStart,
  weights: WeightsKind = 'average',
): TrainedModel {
  const arrays = new ParameterLayout(model.parameters).unpack(weightsOf(state, weights));
  const parameters = Object.fromEntries(
    Object.entries(arrays).map(([path, array]) => [path, constant(array)]),
  );
  return { model, parameters };
}
