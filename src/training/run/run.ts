// A run to train: a new one in a folder of its own, or one that goes on from its last checkpoint.
import type { Dataset } from '../../data/dataset.ts';
import { checkAugmentations } from '../../data/pixels/augment.ts';
import { openDataset } from '../../data/registry.ts';
import { UserError } from '../../errors.ts';
import { stringifyConfig } from '../../experiments/config.ts';
import { configKeys, configSchemaText } from '../../experiments/configReference.ts';
import type { Config, ConfigLayer } from '../../experiments/configSchema.ts';
import { checkModelShape, requireImageShape } from '../../experiments/modelShape.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import { type Schedule, scheduleOf } from '../../experiments/schedule.ts';
import { Glow } from '../../models/glow.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { readTextFile, renameFile, writeFileAtomically } from '../../storage/files.ts';
import { makeFolders } from '../../storage/folders.ts';
import { rewindJsonLines } from '../../storage/jsonLines.ts';
import { removePartialFiles } from '../../storage/partialFiles.ts';
import { stateFrom } from '../checkpoint.ts';
import { ParameterLayout } from '../parameterLayout.ts';
import type { TrainingState } from '../trainingState.ts';
import { readLatestSoundCheckpoint } from './checkpointFile.ts';
import { createRunFolder, requireNoRun } from './newRunFolder.ts';
import { listCheckpoints, openRunFolder, type RunPaths } from './runFolder.ts';
import { changedSettings, settingsOf } from './settingChanges.ts';

/** A run that `train` can train: `train({ ...run })`. */
export interface Run {
  /** The experiment. */
  readonly config: Config;
  /** Its images. */
  readonly dataset: Dataset;
  /** How long it trains, and with which rates. */
  readonly schedule: Schedule;
  /** Its folder, which is there. */
  readonly paths: RunPaths;
  /** The state of its last sound checkpoint; a run that has none yet begins with its first step. */
  readonly state?: TrainingState;
  /** What is wrong with each later checkpoint, in a line; `train` sets these files aside. */
  readonly damages?: readonly string[];
}

/** What a run needs besides its configuration. */
export interface RunOptions {
  /** Images of your own, in place of those that `data.name` and `data.validation` of the configuration stand for. */
  readonly dataset?: Dataset;
}

/** What a resume needs besides the folder. */
export interface ResumeOptions extends RunOptions {
  /** Changes in the form `training.learningRate=0.0005`; the others win. */
  readonly set?: readonly string[] | undefined;
}

/**
 * Starts a run: opens its images and makes its folder, with the configuration in it. `train` does the rest.
 *
 * @throws UserError if the images cannot be read or do not fit the model, or the folder holds a run already
 */
export async function startRun(
  config: Config,
  directory: string,
  { dataset }: RunOptions = {},
): Promise<Run> {
  requireNoRun(directory);
  const opened = await openData(config, dataset);
  return { config, ...opened, paths: createRunFolder(directory, stringifyConfig(config)) };
}

/**
 * Opens a run to go on with. Nothing is written before `train` is: that cuts the logs back to the last checkpoint, and
 * stores the changes in the run's configuration.
 *
 * A damaged checkpoint is told of in `damages`, and the one before it is used.
 *
 * @param changes what is from now on other than in the run's configuration, such as `{ training: { steps: 2000 } }`
 * @throws UserError if the folder holds no run, none of its checkpoints is sound, its images have another shape by
 * now, or the changes would make it another run
 */
export async function resumeRun(
  directory: string,
  changes: ConfigLayer = {},
  { dataset, set }: ResumeOptions = {},
): Promise<Run> {
  const folder = openRunFolder(directory);
  const { paths } = folder;
  const config = configToResume(paths, changes, set);
  const { checkpoint, damages } = readLatestSoundCheckpoint(folder);
  const run = { config, ...(await openData(config, dataset, checkpoint?.imageShape)), paths, damages };
  if (checkpoint === undefined) {
    return run;
  }
  const model = new Glow(config.model, checkpoint.imageShape);
  return { ...run, state: stateFrom(checkpoint, new ParameterLayout(model.parameters)) };
}

/**
 * What a run is trained with when it goes on with changes; neither its images nor its checkpoints are opened.
 *
 * @throws UserError if the changes would make it another run
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
  const changeable = configKeys().flatMap((about) => (about.changeable ? [about.key] : []));
  const refused = changed.find((key) => !changeable.includes(key));
  if (refused !== undefined) {
    throw new UserError(
      'invalid-config',
      `a resume cannot change ${refused}: start a new run; a resume can change ${changeable.join(', ')}`,
    );
  }
}

/**
 * Makes the folder of a run look as it did when the checkpoint of `step` was written (0: before the first): logs end
 * there, what a crash left is gone, and later checkpoints, which are damaged, have `.damaged` after their names. Its
 * configuration says what it is trained with from now on.
 *
 * @throws UserError if the folder cannot be written
 */
export function rewindRun(paths: RunPaths, config: Config, step: number): void {
  for (const folder of [paths.directory, paths.checkpoints, paths.samples]) {
    makeFolders(folder);
    removePartialFiles(folder);
  }
  for (const { path } of listCheckpoints(paths).filter((checkpoint) => checkpoint.step > step)) {
    renameFile(path, `${path}.damaged`);
  }
  for (const log of [paths.metrics, paths.timings]) {
    rewindJsonLines(log, (line) => Number(line.step) <= step);
  }
  writeFileAtomically(paths.schema, configSchemaText());
  writeFileAtomically(paths.config, stringifyConfig(config));
}

async function openData(
  config: Config,
  given: Dataset | undefined,
  trainedShape?: ImageShape,
): Promise<{ dataset: Dataset; schedule: Schedule }> {
  const dataset = given ?? (await openDataset(config.data.name, { validation: config.data.validation }));
  if (trainedShape !== undefined) {
    requireImageShape(dataset, trainedShape);
  }
  checkModelShape(config.model, dataset.imageShape);
  checkAugmentations(config.data.augment, dataset.imageShape);
  return { dataset, schedule: scheduleOf(config, dataset.train.count) };
}
