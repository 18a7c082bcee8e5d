// A trained model from the files of an export or of a run, from memory or from a URL.
import { UserError } from '../../core/errors.ts';
import { type FetchOptions, fetchBytes } from '../../core/platform/index.ts';
import { contentBytes, type FileStore, memoryFiles, safetensorsHeader } from '../../data/files/index.ts';
import { runFileNames, stepsIn } from '../../runs/contents/index.ts';
import { FlowModel } from '../flowModel.ts';
import type { FlowModelOptions } from '../flowModelOptions.ts';
import type { TrainedModel } from '../trainedModel.ts';
import { readExport, requireOwnArrays, WEIGHTS_FILE } from './exportFiles.ts';
import type { ModelChoice } from './readRun.ts';

/**
 * The files of a model by name: `model.safetensors` of an export, compared with `manifest.json` if it is there, or
 * `config.yaml` and `checkpoints/step-….safetensors` of a run, whose last checkpoint counts.
 */
export type ModelFiles = Readonly<Record<string, Uint8Array | string>>;

/** Which model to load, how it is fetched, and how it is used. */
export interface LoadModelOptions extends ModelChoice, FlowModelOptions, FetchOptions {}

/**
 * The trained model in files of an export or a run.
 *
 * @param source the files, or the URL of the folder of an export
 * @throws UserError if they cannot be fetched (`io`), are of neither (`not-found`), or corrupt
 */
export async function modelFrom(
  source: URL | ModelFiles,
  { weights, step, ...options }: LoadModelOptions,
): Promise<TrainedModel> {
  const modelFiles = source instanceof URL ? await fetchModelFiles(source, options) : source;
  if (modelFiles[WEIGHTS_FILE] !== undefined) {
    return readExport(toFileStore('the export', modelFiles), { weights, step });
  }
  const files = toFileStore('the run', modelFiles);
  const names = await files.list();
  if (!names.includes(runFileNames.config) || stepsIn(names).length === 0) {
    throw new UserError(
      'not-found',
      `no model among the files (${Object.keys(modelFiles).join(', ') || 'none'}): give ${WEIGHTS_FILE} of an export, ` +
        `or ${runFileNames.config} and ${runFileNames.checkpoints}/step-….safetensors of a run`,
    );
  }
  // Loaded when needed: an export needs no YAML.
  const [{ readRun }, { RunStore }] = await Promise.all([
    import('./readRun.ts'),
    import('../../runs/contents/runStore.ts'),
  ]);
  return readRun(new RunStore(files), { weights, step });
}

/** A model used with the options of `loadModel`. */
export function createFlowModel(
  trained: TrainedModel,
  { weights: _, step: __, onProgress: ___, maxBytes: ____, signal: _____, ...use }: LoadModelOptions,
): FlowModel {
  return new FlowModel(trained, use);
}

/** Files as a store; checkpoints may also be named without their folder, or with the folders above it. */
function toFileStore(name: string, modelFiles: ModelFiles): FileStore {
  const entries = Object.entries(modelFiles).map(([file, content]): [string, Uint8Array] => [
    file.replace(/^(.*\/)?(?=step-\d{8,}\.safetensors$)/, `${runFileNames.checkpoints}/`),
    contentBytes(content),
  ]);
  return { ...memoryFiles(name, Object.fromEntries(entries)), resolvePath: (file) => file };
}

/**
 * Fetches the file of an export that holds its model.
 *
 * @param url of the folder of the export
 * @throws UserError (`io`) if it cannot be fetched, (`unsupported`) if it is larger than `maxBytes`, (`invalid-data`) if it is
 *   another file, or longer than it declares
 */
async function fetchModelFiles(url: URL, options: FetchOptions): Promise<ModelFiles> {
  // A query may be a key to the files.
  const file = new URL(url);
  file.hash = '';
  file.pathname = `${file.pathname.replace(/\/$/, '')}/${WEIGHTS_FILE}`;
  const address = file.href;
  const bytes = await fetchBytes(address, options, {
    advice: 'give the URL of the folder of an export',
    sizeIn: (start) => {
      const header = safetensorsHeader(start, address);
      if (!('atLeast' in header)) {
        requireOwnArrays(header, address);
      }
      return header;
    },
  });
  return { [WEIGHTS_FILE]: bytes };
}
