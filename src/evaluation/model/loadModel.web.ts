// Loads a trained model in a page or its worker, from a URL or from files in memory.
import type { FetchOptions } from '../../platform/transfer.ts';
import type { WeightsKind } from '../../training/trainingState.ts';
import { FlowModel, type FlowModelOptions } from './flowModel.ts';
import { fetchModelFiles, type ModelFiles, modelFromFiles } from './modelFiles.ts';

/** Which weights to load, how they are fetched, and how the model is used. */
export interface LoadModelOptions extends FlowModelOptions, FetchOptions {
  /**
   * The moving average of the weights (default), or the raw weights after the last update. An export has only
   * one kind; requesting the other is an error.
   */
  readonly weights?: WeightsKind;
}

/**
 * Loads a trained model.
 *
 * @param source the URL of the folder of an exported model, relative to the page if it is a string; or the files of
 * an export or a run by name
 * @throws UserError if it cannot be fetched (`io`), is no model (`not-found`), or is corrupt
 */
export async function loadModel(
  source: string | URL | ModelFiles,
  { weights, onProgress, maxBytes, signal, ...options }: LoadModelOptions = {},
): Promise<FlowModel> {
  const isAddress = typeof source === 'string' || source instanceof URL;
  const fetching = {
    ...(onProgress && { onProgress }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(signal && { signal }),
  };
  const files = isAddress
    ? await fetchModelFiles(new URL(source, globalThis.location?.href), fetching)
    : source;
  return new FlowModel(await modelFromFiles(files, weights), options);
}
