// The options of commands that use a trained model, and the model that they choose.
import type { Command } from 'commander';
import { loadModel } from '../../trained/loading/loadModel.ts';
import type { LoadModelOptions } from '../../trained/loading/modelFiles.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { FlowModelOptions } from '../../trained/model/flowModelOptions.ts';
import { formatBytes } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import {
  addCheckpointOption,
  addEngineOptions,
  type CheckpointOptions,
  compileOptions,
  type EngineOptions,
} from './options.ts';

/** Which weights are used, and where they run. */
export interface ModelOptions extends EngineOptions, CheckpointOptions {}

/** Adds `--step`, `--device`, `--threads`. */
export function addModelOptions(command: Command): Command {
  return addEngineOptions(addCheckpointOption(command));
}

/** Loads the model of a run or an export, as these options say. */
export async function openModel(
  directory: string,
  options: ModelOptions,
  more: Pick<LoadModelOptions, 'inverse'> = {},
): Promise<FlowModel> {
  const use = { ...(await compileOptions(options)), ...noteLargeImages, ...more };
  return loadModel(directory, { ...use, step: options.step });
}

/** Notes on stderr, before the work begins, that each image takes much memory. */
export const noteLargeImages: Pick<FlowModelOptions, 'onLargeImage'> = {
  onLargeImage: (bytes) =>
    noteOnStderr(
      `each image takes about ${formatBytes(bytes)} of memory, and may take minutes: this is a large model`,
    ),
};
