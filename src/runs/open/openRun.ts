// A run to train, wherever it is stored: a new one, or one resumed from its last checkpoint.

import { option, phrase, UserError } from '../../core/errors.ts';
import { isPointShape } from '../../core/numeric/index.ts';
import { type PartDefinition, partName, registerParts } from '../../core/parts/index.ts';
import type { Dataset } from '../../data/contract/index.ts';
import { type DatasetIdentity, identityOfDataset } from '../../data/index.ts';
import { checkAugmentations } from '../../data/pixels/index.ts';
import {
  flowFor,
  flows,
  knownComponents,
  ParameterLayout,
  requireColumns,
  requireKind,
  valueBits,
} from '../../flows/models/index.ts';
import { checkpointContents } from '../contents/checkpoint.ts';
import { latestSoundCheckpoint } from '../contents/chosenCheckpoint.ts';
import { changedSplit } from '../contents/dataRecord.ts';
import { requireArrays, restore } from '../contents/restore.ts';
import type { RunStore } from '../contents/runStore.ts';
import { changedSettings, listSettings } from '../contents/settingChanges.ts';
import type { TrainingState } from '../contents/trainingState.ts';
import { requireLabels, withClassNames } from '../images/classLabels.ts';
import { requireConditions, requireUnmoved, withConditionScales } from '../images/conditionValues.ts';
import { withStandardisation } from '../images/valuesOfImages.ts';
import { configKeys } from '../settings/configReference.ts';
import type { Config, ConfigLayer } from '../settings/configSchema.ts';
import { checkModelShape, requireBuildable, requireImageShape } from '../settings/modelShape.ts';
import { type ConfigFile, resolveConfig } from '../settings/resolve.ts';
import { createSchedule, type Schedule } from '../settings/schedule.ts';
import { type Origin, type StartingModel, startFrom } from './startFrom.ts';

/** A run, ready to train with `train({ ...run })`. */
export interface Run {
  /** The experiment. */
  readonly config: Config;
  /** Its images. */
  readonly dataset: Dataset;
  /** The training length and the learning rates. */
  readonly schedule: Schedule;
  /** Where it is stored. */
  readonly store: RunStore;
  /** The name of its preset, for its summary; null if it has none. */
  readonly preset: string | null;
  /** The state of its last sound checkpoint; a run without one starts at its first step. */
  readonly state?: TrainingState;
  /** What a new run took over from the model that it starts from. */
  readonly origin?: Origin;
  /** What identifies its images, if a resume continues on other ones; `train` records it. */
  readonly otherImages?: DatasetIdentity;
  /** What is wrong with each later checkpoint, one line each; `train` sets these files aside. */
  readonly damages?: readonly string[];
}

/** Options of a new run other than its configuration. */
export interface RunOptions {
  /** Your own images, instead of those from the configuration's `data.name` and `data.validation`. A page needs them. */
  readonly dataset?: Dataset;
  /** The name of the preset that the configuration is from, for the summary and the model card. */
  readonly preset?: string | null | undefined;
  /**
   * The model whose weights it starts from; by default weights are random and initialised from the images. Parameters that
   * this model lacks have their initial values.
   */
  readonly from?: StartingModel | undefined;
}

/** Options of a resume other than the run. */
export interface ResumeOptions {
  /** Your own images, instead of those that the run names. A run that is not in a folder needs them. */
  readonly dataset?: Dataset;
  /** Changes in the form `training.learningRate=0.0005`; `changes` override them. */
  readonly set?: readonly string[] | undefined;
  /** Definitions of parts that the library lacks, unless they are registered already. */
  readonly parts?: readonly PartDefinition[] | undefined;
  /** Whether the run may continue on images that are not those it was trained with. */
  readonly otherImages?: boolean | undefined;
}

/**
 * Starts a run in a store, with its configuration and what identifies its images. `train` does the rest.
 *
 * @throws UserError if the images do not fit the model, the store already holds a run, or the run cannot start from the
 * weights in `from`
 */
export async function startIn(
  requested: Config,
  dataset: Dataset,
  store: RunStore,
  { preset = null, from }: RunOptions = {},
): Promise<Run> {
  requirePointModel(requested, dataset);
  const config = await configForImages(requested, dataset);
  checkModelShape(config.model, dataset.imageShape);
  const schedule = scheduleFor(config, dataset);
  const identity = await identityOfDataset(dataset);
  const start = from === undefined ? undefined : startState(config, dataset, from);
  await store.create(config, start?.checkpoint);
  await store.recordImages({ name: dataset.name, ...identity });
  if (start !== undefined) {
    await store.writeSummary({ from: start.origin.name });
  }
  return {
    config,
    dataset,
    schedule,
    store,
    preset,
    ...(start && { state: start.state, origin: start.origin }),
  };
}

/**
 * A configuration with what it leaves to the images: the names of classes, the scales of conditions, the standardisation
 * of real numbers, the bits of integers.
 *
 * @throws UserError if the images lack any of these
 */
export async function configForImages(config: Config, dataset: Dataset): Promise<Config> {
  return withStandardisation(withConditionScales(withClassNames(config, dataset), dataset), dataset);
}

/** Refuses models of images for points, before other checks that would not name the preset. */
function requirePointModel({ model }: Config, { name, imageShape, train }: Dataset): void {
  const isOfLibrary = flows.isOfLibrary(flows.chosenName(model.flow));
  if (isPointShape(imageShape) && train.kind === 'float32' && isOfLibrary && model.levels > 0) {
    throw new UserError(
      'invalid-config',
      phrase`${name} has points of ${imageShape[2]} numbers, but the model is for images: use ${option('preset', 'points')}, or set model.levels=0, model.continuous=true and model.conditioner=dense`,
    );
  }
}

/** The first state of a run that starts from a model, and its checkpoint. */
function startState(
  { model: options, seed, training }: Config,
  { imageShape }: Dataset,
  from: StartingModel,
) {
  const model = flowFor(imageShape, options);
  const { state, origin } = startFrom(model, from, { seed, optimizer: partName(training.optimizer) });
  const checkpoint = checkpointContents(state, new ParameterLayout(model.parameters), model);
  return { state, origin, checkpoint };
}

/**
 * Opens a run to resume. Nothing is written until `train` is called: it truncates the logs to the last
 * checkpoint and stores the changes in the run's configuration.
 *
 * A corrupt checkpoint is reported in `damages`, and the one before it is used.
 *
 * @param openImages opens the run's images, once its checkpoint has been read
 * @param changes settings that differ from the run's configuration from now on, such as `{ training: { steps:
 * 2000 } }`
 * @throws UserError if the store holds no run, none of its checkpoints is sound, the images have another shape or
 * are not those it was trained with, or the changes would make it a different run
 */
export async function resumeFrom(
  store: RunStore,
  openImages: () => Dataset | Promise<Dataset>,
  changes: ConfigLayer = {},
  { set, parts, otherImages }: ResumeOptions = {},
): Promise<Run> {
  registerParts(parts);
  const file = await store.readConfig();
  const config = changedConfig(file, changes, set);
  const { checkpoint, damages } = await latestSoundCheckpoint(store, requireArrays(config.model, file.path));
  // Before the images, which may take a while to open.
  const state = checkpoint && restore(checkpoint, config.model, file.path).state;
  const dataset = await openImages();
  if (checkpoint !== undefined) {
    requireImageShape(dataset, checkpoint.imageShape);
  }
  const schedule = scheduleFor(config, dataset);
  const changed = await changedImages(store, dataset, otherImages);
  // `train` sets a damaged summary aside.
  const { preset, from } = await store.readSummaryIfSound();
  if (state === undefined && typeof from === 'string') {
    throw new UserError(
      'not-found',
      `${store.name} started from the weights of ${from} and has no checkpoint any more: start a new run from them`,
    );
  }
  return {
    config,
    dataset,
    schedule,
    store,
    preset: typeof preset === 'string' ? preset : null,
    damages,
    ...(state && { state }),
    ...(changed && { otherImages: changed }),
  };
}

/**
 * The images that were passed.
 *
 * @throws UserError (`invalid-argument`) if none were
 */
export function requireDataset(dataset: Dataset | undefined): Dataset {
  if (dataset !== undefined && !(typeof dataset === 'object' && 'train' in dataset)) {
    throw new UserError(
      'invalid-argument',
      'dataset must come from openImages or openDataset, with training, validation and test images',
    );
  }
  if (dataset === undefined) {
    throw new UserError(
      'invalid-argument',
      'a run that is not in a folder needs its images: pass them as dataset',
    );
  }
  return dataset;
}

/** The schedule of an experiment on these images, which are checked against it. */
function scheduleFor(config: Config, { name, imageShape, train, whyNoLabels }: Dataset): Schedule {
  requireKind(train.kind, { bits: valueBits(config.model) }, name);
  const { continuous } = config.model;
  requireColumns(train.columns, typeof continuous === 'object' ? continuous : {}, name);
  requireBuildable(config.model, imageShape);
  if (Array.isArray(config.model.classes)) {
    requireLabels(train, config.model.classes, name, whyNoLabels);
  }
  const components = knownComponents(config.model.condition);
  requireConditions(
    train.conditions,
    components.map((component) => ({ shape: [1], ...component })),
    `the images of ${name}`,
  );
  requireUnmoved(config);
  checkAugmentations(config.data.augment, imageShape, train.kind);
  return createSchedule(config, train.count);
}

/**
 * The configuration of a run resumed with changes.
 *
 * @throws UserError if the changes would make it a different run
 */
export function changedConfig(file: ConfigFile, changes: ConfigLayer, set: ResumeOptions['set']): Config {
  const config = resolveConfig({ file, set, overrides: changes });
  requireSameRun(resolveConfig({ file }), config);
  return config;
}

function requireSameRun(before: Config, after: Config): void {
  const changed = changedSettings(listSettings(before), listSettings(after));
  const optimizer = partName(before.training.optimizer);
  const changeable = configKeys()
    .filter(({ changeable: mayChange, users }) => mayChange && (users?.includes(optimizer) ?? true))
    .map(({ key }) => key);
  const refused = changed.find((key) => !changeable.includes(key));
  if (refused !== undefined) {
    throw new UserError(
      'invalid-config',
      `a resume cannot change ${refused}: start a new run; a resume can change ${changeable.join(', ')}`,
    );
  }
}

/**
 * What identifies the images, if they are not those that the run has recorded.
 *
 * @throws UserError (`mismatch`) if they are not, and may not be
 */
async function changedImages(
  store: RunStore,
  dataset: Dataset,
  mayDiffer = false,
): Promise<DatasetIdentity | undefined> {
  const recorded = await store.readImages();
  if (recorded === undefined) {
    return undefined;
  }
  const current = await identityOfDataset(dataset);
  const difference = changedSplit(recorded, current);
  if (difference !== undefined && !mayDiffer) {
    throw new UserError(
      'mismatch',
      phrase`${dataset.name}: ${difference} (${store.name}/data.json): restore them, start a new run, or resume with ${option('otherImages', true)}`,
    );
  }
  return difference === undefined ? undefined : current;
}
