// A trained model from its run folder.
import type { Config } from '../../experiments/configSchema.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import { Glow } from '../../models/glow.ts';
import { stateFrom } from '../../training/checkpoint.ts';
import { ParameterLayout } from '../../training/parameterLayout.ts';
import { readLatestCheckpoint } from '../../training/run/checkpointFile.ts';
import { openRunFolder, type RunPaths } from '../../training/run/runFolder.ts';
import type { WeightsKind } from '../../training/trainingState.ts';
import { type TrainedModel, trainedModel } from './trainedModel.ts';

/** A run, its model with the weights of its last checkpoint, and what they are. */
export interface LoadedRun extends TrainedModel {
  /** The run folder. */
  readonly paths: RunPaths;
  /** What the run was trained with. */
  readonly config: Config;
  /** The number of steps that the weights have seen. */
  readonly step: number;
  /** What the checksum of the checkpoint says against it; null unless damage is accepted. */
  readonly damage: string | null;
}

/** Which model of a run is loaded. */
export interface LoadRunOptions {
  /** The moving average of the weights, which is the default, or the weights as the last update left them. */
  readonly weights?: WeightsKind | undefined;
  /** Whether to load a checkpoint with a wrong checksum too. */
  readonly acceptDamage?: boolean;
  /** Whether the error about a folder that is no run says that an export would have done. */
  readonly orExport?: boolean;
}

/**
 * Loads the last checkpoint of a run, for what needs more of the run than its model; `loadModel` is for all else.
 *
 * @throws UserError if the folder holds no run, no checkpoint, or a damaged one
 */
export function loadRun(
  directory: string,
  { weights = 'average', ...options }: LoadRunOptions = {},
): LoadedRun {
  const run = openRunFolder(directory, options);
  const config = resolveConfig({ file: run.config });
  const checkpoint = readLatestCheckpoint(run, options);
  const model = new Glow(config.model, checkpoint.imageShape);
  const state = stateFrom(checkpoint, new ParameterLayout(model.parameters));
  const { damage } = checkpoint;
  return { ...trainedModel(model, state, weights), paths: run.paths, config, step: state.step, damage };
}
