// The model and the training state of a checkpoint, for the configuration that it was trained with.
import { UserError } from '../../errors.ts';
import { modelFor, type ShapedModel } from '../../experiments/modelShape.ts';
import { requireTrainedOptions } from '../../experiments/trainedOptions.ts';
import type { ParameterSpecs } from '../../flows/contract/parameters.ts';
import type { Flow } from '../../models/flow.ts';
import type { ModelOptions } from '../../models/options.ts';
import { type Groups, ParameterLayout } from '../../models/parameterLayout.ts';
import { optimizers } from '../../optimizers/registry.ts';
import { differenceFrom, type HeaderCheck, ifLarge, missingFrom } from '../../storage/safetensorsHeader.ts';
import { type Checkpoint, type CheckpointRecord, placeOf, recordIn } from './checkpoint.ts';
import type { TrainingState } from './trainingState.ts';

/** A model and its training state. */
export interface Restored {
  readonly model: Flow;
  readonly state: TrainingState;
}

/**
 * The model and state in a checkpoint. Of a checkpoint that doesn't record its options, only the shapes of
 * the weights are compared.
 *
 * @param options the model options of the run's configuration
 * @param source the file of the configuration, for errors
 * @throws UserError (`mismatch`) if the checkpoint was trained with other options, or belongs to another model
 */
export function restore(
  checkpoint: Checkpoint,
  options: ModelOptions & ShapedModel,
  source: string,
): Restored {
  const model = modelOf(checkpoint, options, source);
  return { model, state: stateFrom(checkpoint, new ParameterLayout(model.parameters)) };
}

/**
 * Checks that a large checkpoint has the arrays of a model and no others, before they are read; otherwise like `restore`.
 */
export function requireArraysOf(options: ModelOptions & ShapedModel, source: string): HeaderCheck {
  return ifLarge(({ metadata, tensors }, path) => {
    const record = recordIn(metadata, path);
    const { parameters } = modelOf(record, options, source);
    requireNone(differenceFrom(tensors, arraysOf(record, parameters)), path);
  });
}

function modelOf(
  { trainedOptions, imageShape, path }: CheckpointRecord,
  options: ModelOptions & ShapedModel,
  source: string,
): Flow {
  if (trainedOptions !== undefined) {
    requireTrainedOptions(options, source, trainedOptions, path);
  }
  return modelFor(options, imageShape);
}

/** The names and shapes of a checkpoint's arrays. */
function arraysOf(
  { optimizer }: CheckpointRecord,
  parameters: ParameterSpecs,
): Map<string, readonly number[]> {
  const places = ['weights', 'average', ...optimizers[optimizer].moments.map(placeOf)];
  return new Map(
    places.flatMap((place) =>
      parametersIn(place, parameters).map((name) => [`${place}/${name}`, parameters[name]!.shape] as const),
    ),
  );
}

/** The parameters that have an array at a place of a checkpoint: fixed ones have no average and no moments. */
function parametersIn(place: string, parameters: ParameterSpecs): string[] {
  return Object.keys(parameters).filter((name) => parameters[name]!.trained || place === 'weights');
}

function requireNone(difference: string | undefined, path: string): void {
  if (difference !== undefined) {
    throw new UserError('mismatch', `${path} does not match the model in its config: ${difference}`);
  }
}

/**
 * The state in a checkpoint, for a model with this layout.
 *
 * @throws UserError if it belongs to another model
 */
function stateFrom(checkpoint: Checkpoint, layout: ParameterLayout): TrainingState {
  const { path, step, updates, guard, optimizer, tensors } = checkpoint;
  requireNone(missingFrom(tensors, arraysOf(checkpoint, layout.specs)), path);
  const read = (place: string): Groups =>
    layout.pack(
      Object.fromEntries(
        parametersIn(place, layout.specs).map((name) => [name, tensors.get(`${place}/${name}`)!]),
      ),
    );
  const [weights, average] = [read('weights'), read('average')];
  const moments = optimizers[optimizer].moments.map((moment) => [moment, read(placeOf(moment))]);
  const remembered = { name: optimizer, moments: Object.fromEntries(moments) };
  return { step, updates, guard, weights, average, optimizer: remembered };
}
