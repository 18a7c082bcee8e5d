// A trained model from its run folder.
import type { Config } from '../../experiments/configSchema.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import { requireArraysOf, restore } from '../../runs/contents/restore.ts';
import type { WeightsKind } from '../../runs/contents/trainingState.ts';
import { type CheckpointChoice, readChosenCheckpoint } from '../../runs/folder/chosenCheckpoint.ts';
import { openRunFolder, type RunPaths } from '../../runs/folder/runFolder.ts';
import { type TrainedModel, trainedModel } from '../model/trainedModel.ts';
import { readCachedScores } from './scoresFile.ts';

/** A run and its model with the weights of one of its checkpoints. */
export interface LoadedRun extends TrainedModel {
  /** The run folder. */
  readonly paths: RunPaths;
  /** The configuration of the run. */
  readonly config: Config;
  /** The number of steps that the weights have seen. */
  readonly step: number;
  /** The number of steps of the last checkpoint. */
  readonly lastStep: number;
  /** Why the checkpoint fails its checksum; null unless damage is accepted. */
  readonly damage: string | null;
  /** Whether the checkpoint records its options, so that they were compared with the configuration. */
  readonly recordsOptions: boolean;
}

/** Which weights of a run to load, and whether damage is accepted. */
export interface LoadRunOptions extends CheckpointChoice {
  /** The moving average of the weights (default), or the raw weights after the last update. */
  readonly weights?: WeightsKind | undefined;
  /** Whether the error for a folder that is not a run mentions that an export would also be accepted. */
  readonly orExport?: boolean;
}

/**
 * Loads a checkpoint of a run, by default the last one, for code that needs more than its model; otherwise use `loadModel`.
 *
 * @throws UserError if the folder is not a run, or has no such checkpoint or a corrupt one
 */
export function loadRun(
  directory: string,
  { weights = 'average', ...options }: LoadRunOptions = {},
): LoadedRun {
  const run = openRunFolder(directory, options);
  const config = resolveConfig({ file: run.config });
  const checkpoint = readChosenCheckpoint(run, {
    ...options,
    check: requireArraysOf(config.model, run.paths.config),
  });
  const { model, state } = restore(checkpoint, config.model, run.paths.config);
  const { damage, trainedOptions } = checkpoint;
  const lastStep = run.checkpoints.at(-1)!.step;
  return {
    ...trainedModel(model, state, weights),
    paths: run.paths,
    config,
    step: state.step,
    lastStep,
    damage,
    recordsOptions: trainedOptions !== undefined,
    scores: (fingerprint) => readCachedScores(run.paths, validationOf(config), { fingerprint }),
  };
}

/** What identifies the validation images of a run: their dataset, and the share held out. */
export function validationOf({ data: { name, validation } }: Config): string {
  return `${name}, validation ${validation}`;
}
