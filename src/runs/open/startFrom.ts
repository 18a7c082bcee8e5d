// The state of a new run that starts from the weights of a trained model.
import { UserError } from '../../core/errors.ts';
import { type NdArray, requireArgument } from '../../core/numeric/index.ts';
import { type Flow, ParameterLayout } from '../../flows/models/index.ts';
import { constantValue, type Tensor } from '../../tensor/index.ts';
import { optimizers } from '../../tensor/optimizers/index.ts';
import { momentLayouts } from '../contents/checkpoint.ts';
import { newGuard } from '../contents/guardState.ts';
import { changedSettings, settingsIn } from '../contents/settingChanges.ts';
import type { TrainingState } from '../contents/trainingState.ts';

/** A trained model that a run starts from, such as the result of `loadModel`. */
export interface StartingModel {
  /** Its weights by path, as constants. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** Its layers, to say what differs if the weights don't fit. */
  readonly model?: Pick<Flow, 'imageShape' | 'options'> | undefined;
  /** Its name in messages, such as the path of its folder. */
  readonly name?: string | undefined;
}

/** What a run took over from the model that it started from. */
export interface Origin {
  /** The name of that model. */
  readonly name: string;
  /** The paths of the parameters whose values were taken over. */
  readonly taken: readonly string[];
  /** The paths of those that the other model lacks: they have their initial values. */
  readonly fresh: readonly string[];
  /** The paths of the other model's parameters that have no place here. */
  readonly unused: readonly string[];
}

/**
 * The state before the first step of a model with the weights of another one: parameters of the same path are copied, others
 * have their initial values, without data-dependent initialisation. The optimiser's state and the moving average are new.
 *
 * @throws UserError (`mismatch`) if a parameter has another shape there, or none has the same path; (`invalid-argument`) if
 * `from` is not a model
 */
export function startFrom(
  model: Flow,
  from: StartingModel,
  { seed, optimizer }: { readonly seed: number; readonly optimizer: string },
): { state: TrainingState; origin: Origin } {
  requireArgument(from?.parameters !== undefined, "from must be a model, such as await loadModel('runs/a')");
  const { parameters, name = 'the other model' } = from;
  const layout = new ParameterLayout(model.parameters);
  const weights = layout.initial(seed);
  const initialWeights = layout.unpack(weights);
  const [copied, fresh]: [string[], string[]] = [[], []];
  for (const [path, { shape, data }] of Object.entries(initialWeights)) {
    const source = parameters[path] && constantValue(parameters[path]);
    if (source === undefined) {
      fresh.push(path);
      continue;
    }
    if (shape.join() !== source.shape.join()) {
      throw otherShape(path, shape, source, name, describeDifference(model, from.model));
    }
    data.set(source.data);
    copied.push(path);
  }
  if (copied.length === 0) {
    throw new UserError(
      'mismatch',
      `cannot start from ${name}: no parameter has the same path in both models; use the same model options, or leave them out`,
    );
  }
  const unused = Object.keys(parameters).filter((path) => initialWeights[path] === undefined);
  const moments = Object.entries(momentLayouts(layout, optimizers.find(optimizer))).map(
    ([moment, momentLayout]) => [moment, momentLayout.zeros()],
  );
  const state = {
    step: 0,
    updates: 0,
    guard: newGuard(0),
    weights,
    average: layout.zeros(),
    optimizer: { name: optimizer, moments: Object.fromEntries(moments) },
  };
  return { state, origin: { name, taken: copied, fresh, unused } };
}

function otherShape(
  path: string,
  shape: readonly number[],
  source: NdArray,
  name: string,
  difference: string,
): UserError {
  const [newShape, sourceShape] = [shape, source.shape].map((lengths) => lengths.join('x') || '1');
  return new UserError(
    'mismatch',
    `cannot start from ${name}: ${path} is ${sourceShape} there, and ${newShape} in the new model; ${difference}`,
  );
}

/** What differs between two models, in words. */
function describeDifference(model: Flow, source: StartingModel['model']): string {
  if (source === undefined) {
    return 'give both models the same sizes, such as model.conditioner.width';
  }
  const [channels, sourceChannels] = [model.imageShape[2], source.imageShape[2]];
  if (channels !== sourceChannels) {
    return `its images have ${sourceChannels} channel${sourceChannels === 1 ? '' : 's'}, and these have ${channels}`;
  }
  const [there, here] = [settingsIn('model', source.options), settingsIn('model', model.options)];
  const written = (value: unknown): string => JSON.stringify(value) ?? 'not set';
  return `settings that differ: ${changedSettings(there, here)
    .map((key) => `${key} (${written(there[key])} there, ${written(here[key])} here)`)
    .join(', ')}`;
}
