// The model and the training state of a checkpoint, for the configuration that it was trained with.
import { UserError } from '../errors.ts';
import { modelFor, type ShapedModel } from '../experiments/modelShape.ts';
import { requireTrainedOptions } from '../experiments/trainedOptions.ts';
import type { Glow, GlowOptions } from '../models/glow.ts';
import type { NdArray } from '../numeric/ndarray.ts';
import { optimizers } from '../optimizers/registry.ts';
import { type Checkpoint, placeOf } from './checkpoint.ts';
import { type Groups, ParameterLayout } from './parameterLayout.ts';
import type { TrainingState } from './trainingState.ts';

/** A model and its training state. */
export interface Restored {
  readonly model: Glow;
  readonly state: TrainingState;
}

/**
 * The model and state in a checkpoint. Checkpoints of earlier versions don't record their options: only the shapes of
 * their weights are compared.
 *
 * @param options the model options of the run's configuration
 * @param source the file of the configuration, for errors
 * @throws UserError (`mismatch`) if the checkpoint was trained with other options, or belongs to another model
 */
export function restore(
  checkpoint: Checkpoint,
  options: GlowOptions & ShapedModel,
  source: string,
): Restored {
  const { trainedOptions, imageShape, path } = checkpoint;
  if (trainedOptions !== undefined) {
    requireTrainedOptions(options, source, trainedOptions, path);
  }
  const model = modelFor(options, imageShape);
  return { model, state: stateFrom(checkpoint, new ParameterLayout(model.parameters)) };
}

/**
 * The state in a checkpoint, for a model with this layout.
 *
 * @throws UserError if it belongs to another model
 */
function stateFrom(
  { path, step, updates, guard, optimizer, tensors }: Checkpoint,
  layout: ParameterLayout,
): TrainingState {
  const read = (place: string): Groups => {
    const arrays: Record<string, NdArray> = {};
    for (const [parameter, { shape, trained }] of Object.entries(layout.specs)) {
      if (!trained && place !== 'weights') {
        continue;
      }
      const name = `${place}/${parameter}`;
      const array = tensors.get(name);
      if (array?.shape.join() !== shape.join()) {
        const found = array ? `has shape [${array.shape.join(', ')}]` : 'is missing';
        throw new UserError(
          'mismatch',
          `${path} does not match the model in its config: ${name} ${found}, expected [${shape.join(', ')}]`,
        );
      }
      arrays[parameter] = array;
    }
    return layout.pack(arrays);
  };
  const [weights, average] = [read('weights'), read('average')];
  const moments = optimizers[optimizer].moments.map((moment) => [moment, read(placeOf(moment))]);
  const remembered = { name: optimizer, moments: Object.fromEntries(moments) };
  return { step, updates, guard, weights, average, optimizer: remembered };
}
