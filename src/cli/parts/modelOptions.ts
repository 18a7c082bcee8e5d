// The options of commands that use a trained model, and the model that they choose.
import type { Command } from 'commander';
import { loadModel } from '../../trained/loading/loadModel.ts';
import type { LoadModelOptions } from '../../trained/loading/modelFiles.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
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
  return loadModel(directory, { ...(await compileOptions(options)), ...more, step: options.step });
}
