// A trained model to use, from a run folder or an export alike.
import type { WeightsKind } from '../../training/trainingState.ts';
import { FlowModel, type FlowModelOptions } from './flowModel.ts';
import { isExported, loadExported } from './loadExported.ts';
import { loadRun } from './loadRun.ts';

/** Which model is loaded, and how it is used. */
export interface LoadModelOptions extends FlowModelOptions {
  /**
   * The moving average of the weights, which is the default, or the weights as the last update left them. An export
   * has one kind, and is refused where the other is asked for.
   */
  readonly weights?: WeightsKind;
}

/**
 * Loads a trained model to use.
 *
 * @param directory a run folder, of which the last checkpoint counts, or an exported model
 * @throws UserError if it is neither (`not-found`), has no weights yet (`not-ready`), or they are damaged
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
