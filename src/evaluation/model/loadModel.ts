// A trained model to use, from a run folder or an export alike.
import type { WeightsKind } from '../../training/trainingState.ts';
import { FlowModel, type FlowModelOptions } from './flowModel.ts';
import { isExported, loadExported } from './loadExported.ts';
import { loadRun } from './loadRun.ts';

/** Which model is loaded, and how it is used. */
export interface LoadModelOptions extends FlowModelOptions {
  /** Of a run: their moving average, which is the default, or as the last update left them. */
  readonly weights?: WeightsKind;
}

/**
 * Loads a trained model to use.
 *
 * @param directory a run folder, of which the last checkpoint counts, or what `emerging export` wrote
 * @throws UserError if it is neither, or its weights are damaged
 */
export async function loadModel(
  directory: string,
  { weights, ...options }: LoadModelOptions = {},
): Promise<FlowModel> {
  const trained = isExported(directory)
    ? loadExported(directory, weights)
    : loadRun(directory, weights ?? 'average', { orExport: true });
  return new FlowModel(trained, options);
}
