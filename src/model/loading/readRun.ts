// A trained model from the files of a run, wherever they are.

import type { WeightsKind } from '../../runs/contents/index.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';
import { readChosenCheckpoint, requireArrays, restore, type StepChoice } from '../../runs/contents/stored.ts';
import type { Config } from '../../runs/settings/index.ts';
import { resolveConfig } from '../../runs/settings/yaml.ts';
import { type TrainedModel, trainedModel, withFiniteWeights } from '../trainedModel.ts';

/** The model of a run, with the weights of one of its checkpoints. */
export interface RunModel extends TrainedModel {
  /** The configuration of the run. */
  readonly config: Config;
  /** The number of steps that the weights have seen. */
  readonly step: number;
  /** The number of steps of the last checkpoint. */
  readonly lastStep: number;
  /** Why the checkpoint fails its checksum; null unless damage is accepted. */
  readonly damage: string | null;
}

/**
 * Reads a checkpoint of a run, by default the last one.
 *
 * @throws UserError if the run is missing, or its checkpoint is missing or corrupt
 */
export async function readRun(
  store: RunStore,
  { weights = 'average', ...choice }: DamagedChoice = {},
): Promise<RunModel> {
  const file = await store.readConfig();
  const config = resolveConfig({ file });
  const check = requireArrays(config.model, file.path);
  const checkpoint = await readChosenCheckpoint(store, { ...choice, check });
  const { model, state } = restore(checkpoint, config.model, file.path);
  const trained = trainedModel(model, state, weights);
  return {
    ...(choice.acceptDamage ? trained : withFiniteWeights(trained, `${store.name}, step ${state.step}`)),
    config,
    step: state.step,
    lastStep: (await store.checkpointSteps()).at(-1)!,
    damage: checkpoint.damage,
  };
}

/** Which model of a run or an export to load. */
export interface ModelChoice {
  /**
   * The moving average of the weights (default), or the raw weights after the last update. An export has only
   * one kind; requesting the other is an error.
   */
  readonly weights?: WeightsKind | undefined;
  /**
   * The step whose checkpoint is loaded, or `'best'`: lowest bits/dim of the validation images. By
   * default the last one. An export has only one step; requesting another is an error.
   */
  readonly step?: StepChoice | undefined;
}

/** The same, also with damaged weights. */
export interface DamagedChoice extends ModelChoice {
  /** Whether a checkpoint that fails its checksum is accepted, and weights that are not finite are. */
  readonly acceptDamage?: boolean | undefined;
}
