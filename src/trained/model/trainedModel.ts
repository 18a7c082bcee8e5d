// A model with fixed weights, from any source.
import type { Flow } from '../../models/flow.ts';
import { ParameterLayout } from '../../models/parameterLayout.ts';
import { type TrainingStart, type WeightsKind, weightsOf } from '../../runs/contents/trainingState.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';
import type { ReferenceScores } from './referenceScores.ts';

/** A model with fixed weights. */
export interface TrainedModel {
  /** The model: its layers and shapes, without weights. */
  readonly model: Flow;
  /**
   * The parameters by path, as constants: what depends only on them is computed when a program is compiled.
   */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** The number of training steps that the weights have seen, if known. */
  readonly step?: number | undefined;
  /** Whether the weights are the moving average or those after the last update, if known. */
  readonly weights?: WeightsKind | undefined;
  /**
   * The bits/dim of the validation images, if known.
   *
   * @param fingerprint that of the model
   */
  scores?(fingerprint: string): ReferenceScores | undefined;
}

/** A model with the weights of a training state, as constants. */
export function trainedModel(
  model: Flow,
  state: TrainingStart,
  weights: WeightsKind = 'average',
): TrainedModel {
  const arrays = new ParameterLayout(model.parameters).unpack(weightsOf(state, weights));
  const parameters = Object.fromEntries(
    Object.entries(arrays).map(([path, array]) => [path, constant(array)]),
  );
  return { model, parameters, step: state.step, weights };
}
