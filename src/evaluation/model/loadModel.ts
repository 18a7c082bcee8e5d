// Loads a trained model from a run folder or an export.
import type { StepChoice } from '../../training/run/chosenCheckpoint.ts';
import type { WeightsKind } from '../../training/trainingState.ts';
import { FlowModel, type FlowModelOptions } from './flowModel.ts';
import { loadTrained } from './loadTrained.ts';

/** Which weights to load, and how the model is used. */
export interface LoadModelOptions extends FlowModelOptions {
  /**
   * The moving average of the weights (default), or the raw weights after the last update. An export has only
   * one kind; requesting the other is an error.
   */
  readonly weights?: WeightsKind;
  /**
   * The step whose checkpoint is loaded, or `'best'`: the one with the lowest bits/dim of the validation images. By
   * default the last one. An export has only one step; requesting another is an error.
   */
  readonly step?: StepChoice | undefined;
}

/**
 * Loads a trained model.
 *
 * @param directory a run folder or an exported model
 * @throws UserError if it is neither (`not-found`), has no checkpoint of that step (`not-found`) or none yet (`not-ready`), or they are corrupt
 */
export async function loadModel(
  directory: string,
  { weights, step, ...options }: LoadModelOptions = {},
): Promise<FlowModel> {
  return new FlowModel(loadTrained(directory, { weights, step }), options);
}
