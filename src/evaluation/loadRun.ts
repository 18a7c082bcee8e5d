// A trained model from its run folder.
import type { Config } from '../experiments/config.ts';
import { resolveConfig } from '../experiments/resolve.ts';
import { Glow } from '../models/glow.ts';
import { constant, type Tensor } from '../tensor/tensor.ts';
import { readCheckpoint, stateFrom } from '../training/checkpoint.ts';
import { ParameterLayout } from '../training/parameterLayout.ts';
import { openRunFolder, type RunPaths, requireCheckpoint } from '../training/runFolder.ts';
import { type TrainingState, type WeightsKind, weightsOf } from '../training/trainer.ts';

/** A model with weights that no longer change. */
export interface TrainedModel {
  readonly model: Glow;
  /** The parameters by path, as constants: programs work out what depends on them alone when they are compiled. */
  readonly parameters: Readonly<Record<string, Tensor>>;
}

/** A run, its model with the weights of its last checkpoint, and what they are. */
export interface LoadedRun extends TrainedModel {
  readonly paths: RunPaths;
  readonly config: Config;
  /** The number of updates that the weights have seen. */
  readonly step: number;
}

/**
 * Loads the last checkpoint of a run.
 *
 * @throws UserError if the folder holds no run, no checkpoint, or a damaged one
 */
export function loadRun(directory: string, weights: WeightsKind): LoadedRun {
  const run = openRunFolder(directory);
  const { path } = requireCheckpoint(run);
  const config = resolveConfig({ file: run.paths.config });
  const checkpoint = readCheckpoint(path);
  const model = new Glow(config.model, checkpoint.imageShape);
  const state = stateFrom(checkpoint, new ParameterLayout(model.parameters));
  return { ...trainedModel(model, state, weights), paths: run.paths, config, step: state.step };
}

/** A model with the weights of a training's state, as constants. */
export function trainedModel(model: Glow, state: TrainingState, weights: WeightsKind): TrainedModel {
  const arrays = new ParameterLayout(model.parameters).unpack(weightsOf(state, weights));
  const parameters = Object.fromEntries(
    Object.entries(arrays).map(([path, array]) => [path, constant(array)]),
  );
  return { model, parameters };
}
