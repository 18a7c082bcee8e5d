// Training a run, wherever it is stored.
import { requireArgument } from '../../numeric/optionValues.ts';
import type { RunPaths } from '../../runs/folder/runFolder.ts';
import type { TrainingOptions, TrainingResult } from '../../training/loop/train.ts';
import { trainInFiles } from './trainInFiles.ts';
import { trainInFolder } from './trainInFolder.node.ts';

/**
 * Trains a run and stores it: its summary, metrics after every step, validation and checkpoints at milestones, a checkpoint
 * at the end, and in between one every ten minutes that replaces the previous one. At the end of all steps, it measures
 * validation images, against which images can then be scored. In a folder it also draws the learning curve and samples, and
 * writes the model card. Failures of these are reported as `onTrouble`.
 *
 * All randomness is a function of the seed and the step: the same configuration produces the same metrics and checkpoints,
 * with or without interruptions.
 *
 * A loss or gradient that is not finite, or is far outside the range of the previous steps, never reaches the weights: the
 * step is dropped. If that keeps happening, training rolls back to earlier weights with half the learning rate.
 *
 * @throws UserError if an option is invalid, training diverges at any rate, another process is training the run or has
 * taken it over, or a file cannot be written; the last sound state is then in the store
 */
export async function trainRun(
  options: TrainingOptions & { readonly paths?: RunPaths | undefined },
): Promise<TrainingResult> {
  requireArgument(
    options?.store !== undefined,
    "train needs a run, such as train(await resumeRun('runs/digits'))",
  );
  const { paths } = options;
  return paths === undefined ? trainInFiles(options) : trainInFolder({ ...options, paths });
}
