// A trained model from its run folder.
import type { Config } from '../../experiments/configSchema.ts';
import { modelFor } from '../../experiments/modelShape.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import { stateFrom } from '../../training/checkpoint.ts';
import { ParameterLayout } from '../../training/parameterLayout.ts';
import { readLatestCheckpoint } from '../../training/run/checkpointFile.ts';
import { openRunFolder, type RunPaths } from '../../training/run/runFolder.ts';
import type { WeightsKind } from '../../training/trainingState.ts';
import { type TrainedModel, trainedModel } from './trainedModel.ts';

/** A run and its model with the weights of its last checkpoint. */
export interface LoadedRun extends TrainedModel {
  /** The run folder. */
  readonly paths: RunPaths;
  /** The configuration of the run. */
  readonly config: Config;
  /** The number of steps that the weights have seen. */
  readonly step: number;
  /** Why the checkpoint fails its checksum; null unless damage is accepted. */
  readonly damage: string | null;
}

/** Which weights of a run to load, and whether damage is accepted. */
export interface LoadRunOptions {
  /** The moving average of the weights (default), or the raw weights after the last update. */
  readonly weights?: WeightsKind | undefined;
  /** Whether to load a checkpoint even if its checksum is wrong. */
  readonly acceptDamage?: boolean;
  /** Whether the error for a folder that is not a run mentions that an export would also be accepted. */
  readonly orExport?: boolean;
}

/**
 * Loads the last checkpoint of a run, for code that needs more than its model; otherwise use `loadModel`.
 *
 * @throws UserError if the folder is not a run, or has no checkpoint or a corrupt one
 */
export function loadRun(
  directory: string,
  { weights = 'average', ...options }: LoadRunOptions = {},
): LoadedRun {
  const run = openRunFolder(directory, options);
  const config = resolveConfig({ file: run.config });
  const checkpoint = readLatestCheckpoint(run, options);
  const model = modelFor(config.model, checkpoint.imageShape);
  const state = stateFrom(checkpoint, new ParameterLayout(model.parameters));
  const { damage } = checkpoint;
  return { ...trainedModel(model, state, weights), paths: run.paths, config, step: state.step, damage };
}
