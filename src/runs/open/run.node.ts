// A run to train, in its own folder or as files in memory: a new one, or one resumed from its last checkpoint.

import { requireArgument } from '../../core/numeric/index.ts';
import type { Dataset, HoldOut } from '../../data/contract/index.ts';
import type { FileStore } from '../../data/files/index.ts';
import { openDataset } from '../../data/index.node.ts';
import { holdOutIn } from '../contents/dataRecord.ts';
import { RunStore } from '../contents/runStore.ts';
import { locateData } from '../folder/dataMark.ts';
import { folderStore } from '../folder/folderStore.ts';
import { requireNoRun, requireOutsideImages } from '../folder/newRunFolder.ts';
import { type RunPaths, requireRun, runPaths } from '../folder/runFolder.ts';
import { conditionsFor } from '../images/conditionValues.ts';
import type { Config, ConfigLayer } from '../settings/configSchema.ts';
import {
  changedConfig,
  type ResumeOptions,
  type Run,
  type RunOptions,
  requireDataset,
  resumeFrom,
  startIn,
} from './openRun.ts';

/** A run in a folder, ready to train with `train({ ...run })`. */
export interface FolderRun extends Run {
  /** Its folder, which exists. */
  readonly paths: RunPaths;
}

/**
 * Starts a run: opens its images and creates its folder, with the configuration in it. `train` does the rest.
 *
 * @param location the folder, or files such as `memoryFiles('digits')`
 * @throws UserError if the images cannot be read or do not fit the model, or there is already a run
 * @example
 * ```ts
 * import { resolveConfig, startRun, train } from 'emerging-flows/training';
 *
 * const run = await startRun(resolveConfig({ preset: 'mnist-quickstart' }), 'runs/quickstart');
 * const { validationBitsPerDim } = await train({ ...run });
 * ```
 */
export async function startRun(config: Config, location: string, options?: RunOptions): Promise<FolderRun>;
export async function startRun(
  config: Config,
  location: string | FileStore,
  options?: RunOptions,
): Promise<Run>;
export async function startRun(
  config: Config,
  location: string | FileStore,
  { dataset, ...options }: RunOptions = {},
): Promise<Run> {
  requireArgument(
    config?.data !== undefined && location !== undefined,
    "startRun needs a configuration and a folder, such as startRun(resolveConfig({ preset: 'mnist' }), 'runs/digits')",
  );
  if (typeof location === 'string') {
    requireNoRun(location);
    requireOutsideImages(location, config.data.name);
  }
  const { name, validation, conditions: from } = config.data;
  const { bits } = config.model;
  const conditions = conditionsFor(config.model, from);
  const opened = dataset ?? { ...(await openDataset(name, { validation, conditions, bits })), name };
  if (typeof location !== 'string') {
    return startIn(config, opened, new RunStore(location), options);
  }
  const paths = runPaths(location);
  const run = await startIn(config, opened, folderStore(paths), options);
  const inFolder: FolderRun = { ...run, paths };
  return inFolder;
}

/**
 * Opens a run to resume. Nothing is written until `train` is called: it truncates the logs to the last
 * checkpoint and stores the changes in the run's configuration.
 *
 * A corrupt checkpoint is reported in `damages`, and the one before it is used.
 *
 * @param location the folder, or files, for example of a run downloaded from a page
 * @param changes settings that differ from the run's configuration from now on, such as `{ training: { steps:
 * 2000 } }`
 * @throws UserError if the folder holds no run, none of its checkpoints is sound, its images have changed
 * since training, they are at a path that someone else has chosen, or the changes would
 * make it a different run
 * @example
 * ```ts
 * import { resumeRun, train } from 'emerging-flows/training';
 *
 * await train({ ...(await resumeRun('runs/quickstart', { training: { steps: 4000 } })) });
 * ```
 */
export async function resumeRun(
  location: string,
  changes?: ConfigLayer,
  options?: ResumeOptions,
): Promise<FolderRun>;
export async function resumeRun(
  location: string | FileStore,
  changes?: ConfigLayer,
  options?: ResumeOptions,
): Promise<Run>;
export async function resumeRun(
  location: string | FileStore,
  changes: ConfigLayer = {},
  { dataset, ...options }: ResumeOptions = {},
): Promise<Run> {
  requireArgument(location !== undefined, "resumeRun needs a run folder, such as resumeRun('runs/digits')");
  if (typeof location !== 'string') {
    return resumeFrom(new RunStore(location), () => requireDataset(dataset), changes, options);
  }
  const paths = requireRun(location);
  const store = folderStore(paths);
  const config = changedConfig(await store.readConfig(), changes, options.set);
  const openImages = async (): Promise<Dataset> =>
    dataset ?? openOwnImages(paths, config, holdOutIn(await store.readImages()));
  const run = await resumeFrom(store, openImages, changes, options);
  const inFolder: FolderRun = { ...run, paths };
  return inFolder;
}

/** The images that a run names. */
async function openOwnImages(paths: RunPaths, config: Config, holdOut?: HoldOut): Promise<Dataset> {
  const { name, validation } = config.data;
  const { bits } = config.model;
  const dataPlace = locateData(paths, config, ['open them with openDataset and pass them as dataset']);
  const conditions = conditionsFor(config.model, dataPlace.conditions);
  return { ...(await openDataset(dataPlace.path, { validation, holdOut, conditions, bits })), name };
}
