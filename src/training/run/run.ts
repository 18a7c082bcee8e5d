// A run to train in its own folder: a new one, or one resumed from its last checkpoint.
import type { Dataset } from '../../data/dataset.ts';
import { openDataset } from '../../data/registry.ts';
import type { Config, ConfigLayer } from '../../experiments/configSchema.ts';
import { readTextFile } from '../../storage/files.ts';
import { locateData, markData } from './dataMark.ts';
import { holdOutOf } from './dataRecordFile.ts';
import { folderStore } from './folderStore.ts';
import { requireNoRun } from './newRunFolder.ts';
import { openRunFolder, type RunPaths, runPaths } from './runFolder.ts';
import {
  changedConfig,
  resumeStoredRun,
  type StoredResumeOptions,
  type StoredRun,
  type StoredRunOptions,
  startStoredRun,
} from './storedRun.ts';

/** A run in a folder, ready to train with `train({ ...run })`. */
export interface Run extends StoredRun {
  /** Its folder, which exists. */
  readonly paths: RunPaths;
}

/** Options of a new run besides its configuration. */
export interface RunOptions extends StoredRunOptions {
  /** Your own images, instead of those from the configuration's `data.name` and `data.validation`. */
  readonly dataset?: Dataset;
}

/** Options of a resume besides the folder. */
export interface ResumeOptions extends StoredResumeOptions {
  /** Your own images, instead of those that the run names. */
  readonly dataset?: Dataset;
}

/**
 * Starts a run: opens its images and creates its folder, with the configuration in it. `train` does the rest.
 *
 * @throws UserError if the images cannot be read or do not fit the model, or the folder already holds a run
 */
export async function startRun(
  config: Config,
  directory: string,
  { dataset, ...options }: RunOptions = {},
): Promise<Run> {
  requireNoRun(directory);
  const paths = runPaths(directory);
  const { name, validation } = config.data;
  const opened = dataset ?? { ...(await openDataset(name, { validation })), name };
  const run = await startStoredRun(config, opened, folderStore(paths), options);
  markData(paths, config);
  return { ...run, paths };
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
  { dataset, ...options }: ResumeOptions = {},
): Promise<Run> {
  const { paths } = openRunFolder(directory);
  const config = configToResume(paths, changes, options.set);
  const run = await resumeStoredRun(
    folderStore(paths),
    dataset ?? (await openOwnImages(paths, config)),
    changes,
    options,
  );
  return { ...run, paths };
}

/** The images that a run names. */
async function openOwnImages(paths: RunPaths, config: Config): Promise<Dataset> {
  const { name, validation } = config.data;
  const { path } = locateData(paths, config, ['open them with openDataset and pass them as dataset']);
  return { ...(await openDataset(path, { validation, holdOut: holdOutOf(paths) })), name };
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
  return changedConfig(readTextFile(path), changes, set);
}
