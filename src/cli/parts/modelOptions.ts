// The options of commands that use a trained model, and the model that they choose.
import type { Command } from 'commander';
import { loadTrained } from '../../trained/loading/loadTrained.ts';
import { flowModelOf, type LoadModelOptions } from '../../trained/loading/modelFiles.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { FlowModelOptions } from '../../trained/model/flowModelOptions.ts';
import { LARGE_BYTES } from '../../trained/model/modelPrograms.ts';
import { formatBytes } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import {
  addCheckpointOption,
  addEngineOptions,
  type CheckpointOptions,
  compileOptions,
  type EngineOptions,
} from './options.ts';
import { requireNoInput, runInputs } from './protectedFiles.ts';

/** Which weights are used, and where they run. */
export interface ModelOptions extends EngineOptions, CheckpointOptions {}

/** Adds `--step`, `--device`, `--threads`. */
export function addModelOptions(command: Command): Command {
  return addEngineOptions(addCheckpointOption(command));
}

/**
 * Loads the model of a run or an export, as these options say.
 *
 * @param outputs the files that the command will write
 * @throws UserError if one of them would replace the images or conditions of the run
 */
export async function openModel(
  directory: string,
  options: ModelOptions,
  outputs: readonly (string | undefined)[],
  more: Pick<LoadModelOptions, 'inverse'> = {},
): Promise<FlowModel> {
  const use = { ...(await compileOptions(options)), ...noteLargeImages, ...more };
  const trained = await loadTrained(directory, { step: options.step });
  for (const output of outputs) {
    if (output !== undefined) {
      requireNoInput(output, runInputs(trained));
    }
  }
  return flowModelOf(trained, use);
}

/** Notes on stderr, before some work begins, about how much memory it takes, if that is a GiB or more. */
export function noteMemory(work: string, bytes: number): void {
  if (bytes >= LARGE_BYTES) {
    noteOnStderr(`${work} takes about ${formatBytes(bytes)} of memory`);
  }
}

/** Notes on stderr, before the work begins, that each image takes much memory. */
export const noteLargeImages: Pick<FlowModelOptions, 'onLargeImage'> = {
  onLargeImage: (bytes) =>
    noteOnStderr(
      `each image takes about ${formatBytes(bytes)} of memory, and may take minutes: this is a large model`,
    ),
};
