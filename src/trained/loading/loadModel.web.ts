// Loads a trained model in a page or its worker, from a URL or from files in memory.
import { type FetchOptions, fetchOptionsOf, urlOf } from '../../platform/transfer.ts';
import type { WeightsKind } from '../../runs/contents/trainingState.ts';
import { FlowModel } from '../model/flowModel.ts';
import type { FlowModelOptions } from '../model/flowModelOptions.ts';
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
  options: LoadModelOptions = {},
): Promise<FlowModel> {
  const { weights, onProgress: _, maxBytes: __, signal: ___, ...use } = options;
  const isAddress = typeof source === 'string' || source instanceof URL;
  const files = isAddress ? await fetchModelFiles(urlOf(source), fetchOptionsOf(options)) : source;
  return new FlowModel(await modelFromFiles(files, { weights }), use);
}
