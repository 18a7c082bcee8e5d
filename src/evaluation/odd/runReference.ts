// The statistics of a run's validation images, measured at the end of its training and stored in its folder.
import type { Dataset } from '../../data/contract/dataset.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { dataName } from '../../experiments/experimentName.ts';
import type { RunPaths } from '../../runs/folder/runFolder.ts';
import { validationOf } from '../../trained/loading/loadRun.ts';
import { readCachedScores, storeScores } from '../../trained/loading/scoresFile.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { WorkOptions } from '../../trained/model/workOptions.ts';
import { measureReference, requireFinite } from './reference.ts';

/** A run in a folder and its images. */
interface RunWithImages {
  readonly config: Config;
  readonly dataset: Dataset;
  readonly paths: RunPaths;
}

/**
 * Measures the validation images of a trained run and stores their statistics, unless it has them or there are no images.
 *
 * @throws UserError (`diverged`) if the bits/dim of an image are not finite, or as `storeScores` does
 */
export async function storeRunReference(
  model: FlowModel,
  { config, dataset, paths }: RunWithImages,
  following: WorkOptions = {},
): Promise<void> {
  const of = validationOf(config);
  const { fingerprint } = model;
  const known = readCachedScores(paths, of, { fingerprint });
  if (dataset.validation.count === 0 || known?.statistics !== undefined) {
    return;
  }
  const scores = await measureReference(model, dataset.validation, dataName(config), following);
  requireFinite(scores);
  storeScores(paths, of, scores);
}
