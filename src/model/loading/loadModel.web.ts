// Loads a trained model in a page or its worker, from a URL or from files in memory.
import { resolveUrl } from '../../core/platform/index.ts';
import type { FlowModel } from '../flowModel.ts';
import { createFlowModel, type LoadModelOptions, type ModelFiles, modelFrom } from './modelFiles.ts';

/**
 * Loads a trained model.
 *
 * @param source the URL of the folder of an exported model, relative to the page if it is a string; or the files of
 * an export or a run by name
 * @throws UserError if it cannot be fetched (`io`), is not a model (`not-found`), or is corrupt
 */
export async function loadModel(
  source: string | URL | ModelFiles,
  options: LoadModelOptions = {},
): Promise<FlowModel> {
  const isAddress = typeof source === 'string' || source instanceof URL;
  return createFlowModel(await modelFrom(isAddress ? resolveUrl(source) : source, options), options);
}
