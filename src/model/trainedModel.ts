// A model with fixed weights, from any source, and its fingerprint.
import { UserError } from '../core/errors.ts';
import type { NdArray } from '../core/numeric/index.ts';
import { sha256 } from '../core/platform/sha256.node.ts';
import { tensorChecksum } from '../data/files/index.ts';
import { type Flow, ParameterLayout, recordedOptions } from '../flows/models/index.ts';
import { selectWeights, type TrainingStart, type WeightsKind } from '../runs/contents/index.ts';
import { constant, constantValue, type Tensor } from '../tensor/index.ts';
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
   * @param fingerprint the model's
   */
  scores?(fingerprint: string): ReferenceScores | undefined;
}

/** A model with the weights of a training state, as constants. */
export function trainedModel(
  model: Flow,
  state: TrainingStart,
  weights: WeightsKind = 'average',
): TrainedModel {
  const arrays = new ParameterLayout(model.parameters).unpack(selectWeights(state, weights));
  const parameters = Object.fromEntries(
    Object.entries(arrays).map(([path, array]) => [path, constant(array)]),
  );
  return { model, parameters, step: state.step, weights };
}

/** SHA-256 of a model's options, its image shape and its weights. */
export function modelFingerprint({ model, parameters }: TrainedModel): string {
  const weights = Object.keys(model.parameters).map((path): [string, NdArray] => {
    const { shape, data } = constantValue(parameters[path]!)!;
    return [path, { shape, data: data instanceof Float32Array ? data : Float32Array.from(data) }];
  });
  const options = Object.entries(recordedOptions(model.options)).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256([JSON.stringify([options, model.imageShape, tensorChecksum(new Map(weights))])]);
}

/**
 * Returns the model; throws UserError (`invalid-data`) with the path of the first weight that is NaN or infinite: on a GPU
 * max(0, NaN) is 0, so that such a model could give plausible results.
 */
export function withFiniteWeights<Trained extends TrainedModel>(trained: Trained, source: string): Trained {
  for (const [path, parameter] of Object.entries(trained.parameters)) {
    const { data } = constantValue(parameter)!;
    if (!data.every(Number.isFinite)) {
      throw new UserError(
        'invalid-data',
        `${source}: a weight is not finite: ${path} contains ${data.find(isNotFinite)}; load an earlier checkpoint or another copy`,
      );
    }
  }
  return trained;
}

function isNotFinite(value: number): boolean {
  return !Number.isFinite(value);
}
