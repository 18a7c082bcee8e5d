// A trained model from its run folder.
import type { Config } from '../../experiments/configSchema.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import { Glow } from '../../models/glow.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';
import { stateFrom } from '../../training/checkpoint.ts';
import { ParameterLayout } from '../../training/parameterLayout.ts';
import { readLatestCheckpoint } from '../../training/run/checkpointFile.ts';
import { openRunFolder, type RunPaths } from '../../training/run/runFolder.ts';
import { type TrainingStart, type WeightsKind, weightsOf } from '../../training/trainingState.ts';

/** A model with weights that no longer change. */
export interface TrainedModel {
  /** The model, which knows its layers and shapes but no weights. */
  readonly model: Glow;
  /** The parameters by path, as constants: programs work out what depends on them alone when they are compiled. */
  readonly parameters: Readonly<Record<string, Tensor>>;
}

/** A run, its model with the weights of its last checkpoint, and what they are. */
export interface LoadedRun extends TrainedModel {
  /** The run folder. */
  readonly paths: RunPaths;
  /** What the run was trained with. */
  readonly config: Config;
  /** The number of updates that the weights have seen. */
  readonly step: number;
  /** What the checksum of the checkpoint says against it; null unless damage is accepted. */
  readonly damage: string | null;
}

/**
 * Loads the last checkpoint of a run.
 *
 * @param options.acceptDamage whether to load one with a wrong checksum too
 * @param options.orExport whether the error about a folder that is no run says that an export would have done
 * @throws UserError if the folder holds no run, no checkpoint, or a damaged one
 */
export function loadRun(
  directory: string,
  weights: WeightsKind,
  options: { acceptDamage?: boolean; orExport?: boolean } = {},
): LoadedRun {
  const run = openRunFolder(directory, options);
  const config = resolveConfig({ file: run.config });
  const checkpoint = readLatestCheckpoint(run, options);
  const model = new Glow(config.model, checkpoint.imageShape);
  const state = stateFrom(checkpoint, new ParameterLayout(model.parameters));
  const { damage } = checkpoint;
  return { ...trainedModel(model, state, weights), paths: run.paths, config, step: state.step, damage };
}

/** A model with the weights of a training's state, as constants. */
export function trainedModel(model: Glow, state: TrainingStart, weights: WeightsKind): TrainedModel {
  const arrays = new ParameterLayout(model.parameters).unpack(weightsOf(state, weights));
  const parameters = Object.fromEntries(
    Object.entries(arrays).map(([path, array]) => [path, constant(array)]),
  );
  return { model, parameters };
}
