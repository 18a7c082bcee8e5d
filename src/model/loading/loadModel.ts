// Loads a trained model from a run folder or an export: from disk, from a URL, or from files in memory.
import { requireArgument } from '../../core/numeric/index.ts';
import { toPath } from '../../data/files/index.node.ts';
import type { FlowModel } from '../flowModel.ts';
import { loadTrained } from './loadTrained.ts';
import { createFlowModel, type LoadModelOptions, type ModelFiles, modelFrom } from './modelFiles.ts';

/**
 * Loads a trained model.
 *
 * @param source the path or `file:` URL of a run folder or an exported model, the URL of the folder of an export, or the
 * files of an export or a run by name
 * @throws UserError if it cannot be fetched (`io`), is neither (`not-found`), has no checkpoint of that step (`not-found`) or none yet (`not-ready`), or they are corrupt
 * @example
 * ```ts
 * import { loadModel } from 'emerging-flows';
 *
 * const model = await loadModel('runs/quickstart');
 * const pixels = await model.sample({ count: 16, temperature: 0.7 });
 * await model.release();
 * ```
 */
export async function loadModel(
  source: string | URL | ModelFiles,
  options: LoadModelOptions = {},
): Promise<FlowModel> {
  requireArgument(
    typeof source === 'string' || (typeof source === 'object' && source !== null),
    "loadModel needs a folder, a URL or files, such as loadModel('runs/digits')",
  );
  const isFolder = typeof source === 'string' || (source instanceof URL && source.protocol === 'file:');
  const trained = isFolder
    ? await loadTrained(toPath(source), { weights: options.weights, step: options.step })
    : await modelFrom(source, options);
  return createFlowModel(trained, options);
}
