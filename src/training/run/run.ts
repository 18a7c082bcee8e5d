// A run to train: a new one in its own folder, or one resumed from its last checkpoint.
import type { Dataset, HoldOut } from '../../data/dataset.ts';
import { type DatasetIdentity, identityOfDataset } from '../../data/identity.ts';
import { checkAugmentations } from '../../data/pixels/augment.ts';
import { openDataset } from '../../data/registry.ts';
import { option, phrase, UserError } from '../../errors.ts';
import { optionsOf } from '../../experiments/config.ts';
import { configKeys, configSchemaText } from '../../experiments/configReference.ts';
import type { Config, ConfigLayer } from '../../experiments/configSchema.ts';
import { stringifyConfig } from '../../experiments/configText.ts';
import { checkModelShape, modelFor, requireImageShape } from '../../experiments/modelShape.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import { type Schedule, scheduleOf } from '../../experiments/schedule.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { optimizerNames } from '../../optimizers/registry.ts';
import { readTextFile } from '../../storage/files.ts';
import { mendJsonLines, rewindJsonLines } from '../../storage/jsonLines.ts';
import { stateFrom } from '../checkpoint.ts';
import { ParameterLayout } from '../parameterLayout.ts';
import type { TrainingState } from '../trainingState.ts';
import { readLatestSoundCheckpoint } from './checkpointFile.ts';
import { locateData, markData } from './dataMark.ts';
import { changedSplit, holdOutOf, readDataRecord, writeDataRecord } from './dataRecord.ts';
import { createRunFolder, requireNoRun } from './newRunFolder.ts';
import { requireNoLinks, runFiles } from './runFiles.ts';
import { listCheckpoints, openRunFolder, type RunPaths } from './runFolder.ts';
import { checkMetrics, checkTimings } from './runLogs.ts';
import { readSummary } from './runSummary.ts';
import { changedSettings, settingsOf } from './settingChanges.ts';

/** A run, ready to train with `train({ ...run })`. */
export interface Run {
  /** The experiment. */
  readonly config: Config;
  /** Its images. */
  readonly dataset: Dataset;
  /** How long it trains, and at which rates. */
  readonly schedule: Schedule;
  /** Its folder, which exists. */
  readonly paths: RunPaths;
  /** The state of its last sound checkpoint; a run without one starts at its first step. */
  readonly state?: TrainingState;
  /** What identifies its images, if a resume continues on other ones; `train` records it. */
  readonly otherImages?: DatasetIdentity;
  /** What is wrong with each later checkpoint, one line each; `train` renames these files to `….damaged`. */
  readonly damages?: readonly string[];
}

/** Options of a new run besides its configuration. */
export interface RunOptions {
  /** Your own images, instead of those from the configuration's `data.name` and `data.validation`. */
  readonly dataset?: Dataset;
}

/** Options of a resume besides the folder. */
export interface ResumeOptions extends RunOptions {
  /** Changes in the form `training.learningRate=0.0005`; `changes` override them. */
  readonly set?: readonly string[] | undefined;
  /** Whether the run may continue on images that are not those it was trained with. */
  readonly otherImages?: boolean | undefined;
}

/**
 * Starts a run: opens its images and creates its folder, with the configuration in it. `train` does the rest.
 *
 * @throws UserError if the images cannot be read or do not fit the model, or the folder already holds a run
 */
export async function startRun(
  config: Config,
  directory: string,
  { dataset }: RunOptions = {},
): Promise<Run> {
  requireNoRun(directory);
  const opened = await openData(config, { dataset });
  const identity = await identityOfDataset(opened.dataset);
  const paths = createRunFolder(directory, stringifyConfig(config));
  markData(paths, config);
  writeDataRecord(paths, { name: opened.dataset.name, ...identity });
  return { config, ...opened, paths };
}

/**
 * Opens a run to resume. Nothing is written until `train` is called: it truncates the logs to the last
 * checkpoint and stores the changes in the run's configuration.
 *
 * A corrupt checkpoint is reported in `damages`, and the one before it is used.
 *
 * @param changes settings that differ from the run's configuration from now on, such as `{ training: { steps:
 * 2000 } }`
 * @throws UserError if the folder holds no run, none of its checkpoints is sound, its images now have another
 * shape or are not those it was trained with, they are at a path that someone else has chosen, or the changes would
 * make it a different run
 */
export async function resumeRun(
  directory: string,
  changes: ConfigLayer = {},
  { dataset, set, otherImages }: ResumeOptions = {},
): Promise<Run> {
  const folder = openRunFolder(directory);
  const { paths } = folder;
  const config = configToResume(paths, changes, set);
  const place =
    dataset === undefined
      ? locateData(paths, config, ['open them with openDataset and pass them as dataset']).path
      : undefined;
  const { checkpoint, damages } = readLatestSoundCheckpoint(folder);
  const holdOut = holdOutOf(paths);
  const from = { dataset, place, holdOut, trainedShape: checkpoint?.imageShape };
  const opened = await openData(config, from);
  const changed = await changedImages(paths, opened.dataset, otherImages);
  const run = { config, ...opened, paths, damages, ...(changed && { otherImages: changed }) };
  if (checkpoint === undefined) {
    return run;
  }
  const model = modelFor(config.model, checkpoint.imageShape);
  return { ...run, state: stateFrom(checkpoint, new ParameterLayout(model.parameters)) };
}

/**
 * The configuration of a run resumed with changes; neither its images nor its checkpoints are opened.
 *
 * @throws UserError if the changes would make it a different run
 */
export function configToResume(
  { config: path }: RunPaths,
  changes: ConfigLayer,
  set: ResumeOptions['set'],
): Config {
  const file = readTextFile(path);
  const config = resolveConfig({ file, set, overrides: changes });
  requireSameRun(resolveConfig({ file }), config);
  return config;
}

function requireSameRun(before: Config, after: Config): void {
  const changed = changedSettings(settingsOf(before), settingsOf(after));
  const ownOptions = optionsOf(before.training.optimizer);
  const isOfOther = (key: string): boolean =>
    optimizerNames.some((name) => optionsOf(name).includes(key)) && !ownOptions.includes(key);
  const changeable = configKeys()
    .filter(({ key, changeable: mayChange }) => mayChange && !isOfOther(key.replace(/^training\./, '')))
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
 * Restores the folder of a run to when the checkpoint of `step` was written (0: before the first): logs are
 * truncated, leftovers of a crash are removed, and later checkpoints, which are corrupt, are renamed to
 * `….damaged`. The configuration is updated to what the run is trained with from now on.
 *
 * @throws UserError if the folder cannot be written
 */
export function rewindRun(paths: RunPaths, config: Config, step: number): void {
  const files = runFiles(paths);
  for (const folder of [paths.checkpoints, paths.samples]) {
    files.makeFolder(folder);
  }
  for (const folder of [paths.directory, paths.checkpoints, paths.samples]) {
    files.removePartialFiles(folder);
  }
  for (const { path } of listCheckpoints(paths).filter((checkpoint) => checkpoint.step > step)) {
    files.setAside(path);
  }
  for (const log of [paths.metrics, paths.timings]) {
    rewindJsonLines(files, log, (line) => Number(line.step) <= step);
  }
  files.write(paths.schema, configSchemaText());
  files.write(paths.config, stringifyConfig(config));
}

/**
 * Makes a run folder fit to train in: damaged logs and a damaged summary are set aside as `….damaged`. The
 * sound lines of a log are kept; they tell which checkpoints to keep.
 *
 * @returns what was damaged and what was done, one line each
 * @throws UserError if one of the files to write is a link, or they cannot be written
 */
export function mendRunFiles(paths: RunPaths): string[] {
  requireNoLinks(paths);
  const files = runFiles(paths);
  const logs = [
    { path: paths.metrics, check: checkMetrics },
    { path: paths.timings, check: checkTimings },
  ];
  const notes = logs.flatMap(({ path, check }) => {
    const mended = mendJsonLines(files, path, check);
    return mended ? [`${mended.damage}; the log is kept as ${mended.aside}, its sound lines are used`] : [];
  });
  try {
    readSummary(paths);
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'invalid-data')) {
      throw error;
    }
    const damage = error.message.replace(/; delete it$/, '');
    notes.push(`${damage}; it is kept as ${files.setAside(paths.summary)}, and a new one is started`);
  }
  return notes;
}

/**
 * What identifies the images, if they are not those that the run has recorded.
 *
 * @throws UserError (`mismatch`) if they are not, and may not be
 */
async function changedImages(
  paths: RunPaths,
  dataset: Dataset,
  mayDiffer = false,
): Promise<DatasetIdentity | undefined> {
  const recorded = readDataRecord(paths);
  if (recorded === undefined) {
    return undefined;
  }
  const found = await identityOfDataset(dataset);
  const difference = changedSplit(recorded, found);
  if (difference !== undefined && !mayDiffer) {
    throw new UserError(
      'mismatch',
      phrase`${dataset.name}: ${difference} (${paths.dataRecord}): restore them, start a new run, or resume with ${option('otherImages', true)}`,
    );
  }
  return difference === undefined ? undefined : found;
}

async function openData(
  config: Config,
  from: {
    dataset?: Dataset | undefined;
    /** Where the images are, if not at the path of the configuration. */
    place?: string | undefined;
    holdOut?: HoldOut | undefined;
    trainedShape?: ImageShape | undefined;
  },
): Promise<{ dataset: Dataset; schedule: Schedule }> {
  const { place, trainedShape, holdOut } = from;
  const { name, validation } = config.data;
  const dataset = from.dataset ?? { ...(await openDataset(place ?? name, { validation, holdOut })), name };
  if (trainedShape !== undefined) {
    requireImageShape(dataset, trainedShape);
  }
  checkModelShape(config.model, dataset.imageShape);
  checkAugmentations(config.data.augment, dataset.imageShape);
  return { dataset, schedule: scheduleOf(config, dataset.train.count) };
}
