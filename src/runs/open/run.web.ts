// A run to train in a page, as files in memory or in the browser's private file system.
import { UserError } from '../../core/errors.ts';
import type { FileStore } from '../../data/files/index.ts';
import { RunStore } from '../contents/runStore.ts';
import type { Config, ConfigLayer } from '../settings/configSchema.ts';
import {
  type ResumeOptions,
  type Run,
  type RunOptions,
  requireDataset,
  resumeFrom,
  startIn,
} from './openRun.ts';

/**
 * Starts a run in files. Its configuration is stored there, with the name of the images as `data.name`. Then call `train`.
 *
 * @param files such as `memoryFiles('digits')` or `await privateFiles.open('digits')`
 * @throws UserError if the images do not fit the model, or there is already a run
 */
export async function startRun(
  config: Config,
  files: FileStore,
  { dataset, ...options }: RunOptions = {},
): Promise<Run> {
  requireFiles(files);
  const images = requireDataset(dataset);
  // The configuration may name a dataset on a Node machine's disk; these images can be others.
  const ofThese = { ...config, data: { ...config.data, name: images.name } };
  return startIn(ofThese, images, new RunStore(files), options);
}

/**
 * Opens a run to resume, as in Node.
 *
 * @throws UserError if the run is missing, none of its checkpoints is sound, the images have changed
 *   since training, or the changes would make it a different run
 */
export async function resumeRun(
  files: FileStore,
  changes: ConfigLayer = {},
  { dataset, ...options }: ResumeOptions = {},
): Promise<Run> {
  requireFiles(files);
  return resumeFrom(new RunStore(files), () => requireDataset(dataset), changes, options);
}

function requireFiles(files: FileStore | string): void {
  if (typeof files === 'string') {
    throw new UserError(
      'invalid-argument',
      `a page has no folder '${files}': pass memoryFiles('${files}') or await privateFiles.open('${files}')`,
    );
  }
}
