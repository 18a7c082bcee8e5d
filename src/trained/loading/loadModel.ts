// Loads a trained model from a run folder or an export: from disk, from a URL, or from files in memory.
import { type FetchOptions, fetchOptionsOf } from '../../platform/transfer.ts';
import type { WeightsKind } from '../../runs/contents/trainingState.ts';
import type { StepChoice } from '../../runs/folder/chosenCheckpoint.ts';
import { pathOf } from '../../storage/folders.ts';
import { FlowModel } from '../model/flowModel.ts';
import type { FlowModelOptions } from '../model/flowModelOptions.ts';
import { loadTrained } from './loadTrained.ts';
import { fetchModelFiles, type ModelFiles, modelFromFiles } from './modelFiles.ts';

/** Which weights to load, how they are fetched, and how the model is used. */
export interface LoadModelOptions extends FlowModelOptions, FetchOptions {
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
 * @param source the path or `file:` URL of a run folder or an exported model, the URL of the folder of an export, or the
 * files of an export or a run by name
 * @throws UserError if it cannot be fetched (`io`), is neither (`not-found`), has no checkpoint of that step (`not-found`) or none yet (`not-ready`), or they are corrupt
 */
export async function loadModel(
  source: string | URL | ModelFiles,
  options: LoadModelOptions = {},
): Promise<FlowModel> {
  const { weights, step, onProgress: _, maxBytes: __, signal: ___, ...use } = options;
  const isFolder = typeof source === 'string' || (source instanceof URL && source.protocol === 'file:');
  if (isFolder) {
    return new FlowModel(await loadTrained(pathOf(source), { weights, step }), use);
  }
  const files = source instanceof URL ? await fetchModelFiles(source, fetchOptionsOf(options)) : source;
  return new FlowModel(await modelFromFiles(files, { weights, step }), use);
}
