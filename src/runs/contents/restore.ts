// The model and the training state of a checkpoint, for the configuration that it was trained with.

import { UserError } from '../../core/errors.ts';
import { differenceFrom, type HeaderCheck, ifLarge, missingFrom } from '../../data/files/index.ts';
import type { ParameterSpecs } from '../../flows/contract/index.ts';
import { type Flow, type Groups, type ModelOptions, ParameterLayout } from '../../flows/models/index.ts';
import { momentNames, optimizers } from '../../tensor/optimizers/index.ts';
import { modelFor } from '../settings/modelShape.ts';
import { requireTrainedOptions } from '../settings/trainedOptions.ts';
import {
  type Checkpoint,
  type CheckpointRecord,
  momentLayouts,
  momentPrefix,
  recordIn,
} from './checkpoint.ts';
import type { TrainingState } from './trainingState.ts';

/** A model and its training state. */
interface Restored {
  readonly model: Flow;
  readonly state: TrainingState;
}

/**
 * The model and state in a checkpoint.
 *
 * @param options the model options of the run's configuration
 * @param source the file of the configuration, for errors
 * @throws UserError (`mismatch`) if the checkpoint was trained with other options, or belongs to another model
 */
export function restore(checkpoint: Checkpoint, options: ModelOptions, source: string): Restored {
  const model = buildFlow(checkpoint, options, source);
  return { model, state: stateFrom(checkpoint, new ParameterLayout(model.parameters)) };
}

/**
 * Checks that a large checkpoint has the arrays of a model and no others, before they are read; otherwise like `restore`.
 */
export function requireArrays(options: ModelOptions, source: string): HeaderCheck {
  return ifLarge(({ metadata, tensors }, path) => {
    const record = recordIn(metadata, path);
    const { parameters } = buildFlow(record, options, source);
    requireNone(differenceFrom(tensors, expectedArrays(record, parameters)), path);
  });
}

function buildFlow(
  { trainedOptions, imageShape, path }: CheckpointRecord,
  options: ModelOptions,
  source: string,
): Flow {
  requireTrainedOptions(options, source, trainedOptions, path);
  return modelFor(options, imageShape);
}

/** The names and shapes of a checkpoint's arrays. */
function expectedArrays(
  { optimizer }: CheckpointRecord,
  parameters: ParameterSpecs,
): Map<string, readonly number[]> {
  return new Map(
    layoutsByPlace(new ParameterLayout(parameters), optimizer).flatMap(([prefix, { specs }]) =>
      Object.entries(specs).map(([name, { shape }]) => [`${prefix}/${name}`, shape] as const),
    ),
  );
}

/** The prefixes of array names in a checkpoint, each with the layout of its arrays: fixed parameters have no average and no moments. */
function layoutsByPlace(layout: ParameterLayout, optimizer: string): [string, ParameterLayout][] {
  const moments = Object.entries(momentLayouts(layout, optimizers.find(optimizer)));
  return [
    ['weights', layout],
    ['average', layout.filter(({ trained }) => trained)],
    ...moments.map(([moment, momentLayout]): [string, ParameterLayout] => [
      momentPrefix(moment),
      momentLayout,
    ]),
  ];
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
  requireNone(missingFrom(tensors, expectedArrays(checkpoint, layout.specs)), path);
  const places: Readonly<Record<string, Groups>> = Object.fromEntries(
    layoutsByPlace(layout, optimizer).map(([prefix, arrayLayout]) => [
      prefix,
      arrayLayout.pack(
        Object.fromEntries(
          Object.keys(arrayLayout.specs).map((name) => [name, tensors.get(`${prefix}/${name}`)!]),
        ),
      ),
    ]),
  );
  const moments = momentNames(optimizers.find(optimizer)).map((moment) => [
    moment,
    places[momentPrefix(moment)]!,
  ]);
  const remembered = { name: optimizer, moments: Object.fromEntries(moments) };
  const { weights, average } = places;
  return { step, updates, guard, weights: weights!, average: average!, optimizer: remembered };
}
