// A trained model from its run folder.

import { folderStore } from '../../runs/folder/folderStore.ts';
import { type RunPaths, requireRun } from '../../runs/folder/index.ts';
import { dataName } from '../../runs/settings/experimentName.ts';
import { type DamagedChoice, type RunModel, readRun } from './readRun.ts';
import { readScores } from './scoresFile.ts';

/** A run in a folder and its model with the weights of one of its checkpoints. */
export interface LoadedRun extends RunModel {
  /** The run folder. */
  readonly paths: RunPaths;
}

/**
 * Loads a checkpoint of a run, by default the last one, for code that needs more than its model; otherwise use `loadModel`.
 *
 * @param choice.orExport whether the error for a folder that is not a run mentions that an export would also be accepted
 * @throws UserError if the folder is not a run, or has no such checkpoint or a corrupt one
 */
export async function loadRun(
  directory: string,
  { orExport = false, ...choice }: DamagedChoice & { readonly orExport?: boolean } = {},
): Promise<LoadedRun> {
  const paths = requireRun(directory, { orExport });
  const run = await readRun(folderStore(paths), choice);
  return {
    ...run,
    paths,
    scores(fingerprint) {
      const scores = readScores(directory, fingerprint);
      // An edited configuration may name other images.
      return scores?.data === dataName(run.config) ? scores : undefined;
    },
  };
}
