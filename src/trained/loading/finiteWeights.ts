// Weights that are not finite are refused: on a GPU max(0, NaN) is 0, so that a model could give plausible results.
import { UserError } from '../../errors.ts';
import { constantValue } from '../../tensor/tensor.ts';
import type { TrainedModel } from '../model/trainedModel.ts';

/** Returns the model; throws UserError (`invalid-data`) with the path of the first weight that is NaN or infinite. */
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
