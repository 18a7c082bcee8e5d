// Loads a trained model from a run folder or an export.
import type { WeightsKind } from '../../training/trainingState.ts';
import { FlowModel, type FlowModelOptions } from './flowModel.ts';
import { isExported, loadExported } from './loadExported.ts';
import { loadRun } from './loadRun.ts';

/** Which weights to load, and how the model is used. */
export interface LoadModelOptions extends FlowModelOptions {
  /**
   * The moving average of the weights (default), or the raw weights after the last update. An export has only
   * one kind; requesting the other is an error.
   */
  readonly weights?: WeightsKind;
}

/**
 * Loads a trained model.
 *
 * @param directory a run folder, whose last checkpoint is loaded, or an exported model
 * @throws UserError if it is neither (`not-found`), has no weights yet (`not-ready`), or they are corrupt
 */
export async function loadModel(
  directory: string,
  { weights, ...options }: LoadModelOptions = {},
): Promise<FlowModel> {
  const trained = isExported(directory)
    ? loadExported(directory, { weights })
    : loadRun(directory, { weights, orExport: true });
  return new FlowModel(trained, options);
}
