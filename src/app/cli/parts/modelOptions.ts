// The argument and the options of commands that use a trained model, and the model that they choose.

import { isAbsolute, relative } from 'node:path';
import type { Command } from 'commander';
import { nearestNames, UserError } from '../../../core/errors.ts';
import type { Split } from '../../../data/contract/index.ts';
import { exists } from '../../../data/files/index.node.ts';
import { type FlowModel, type FlowModelOptions, LARGE_BYTES } from '../../../model/index.ts';
import { loadTrained } from '../../../model/loading/index.node.ts';
import { createFlowModel } from '../../../model/loading/index.ts';
import type { WeightsKind } from '../../../runs/contents/index.ts';
import { bundledModel, bundledModelNames } from '../../bundledModels.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import {
  addCheckpointOption,
  addEngineOptions,
  addWeightsOption,
  type CheckpointOptions,
  compileOptions,
  type EngineOptions,
  parseChoice,
  wholeNumber,
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
): Promise<FlowModel> {
  const engine = await compileOptions(options);
  const trained = await loadTrained(directory, { step: options.step });
  for (const output of outputs) {
    if (output !== undefined) {
      requireNoInput(output, runInputs(trained));
    }
  }
  return createFlowModel(trained, { ...engine, ...noteLargeImages });
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

const splits: readonly Split[] = ['test', 'validation', 'train'];

/** What is measured, and how. */
export interface MeasureOptions extends ModelOptions {
  readonly split: Split;
  readonly draws: number;
  readonly weights?: WeightsKind;
  readonly seed: number;
  readonly data?: string;
  readonly json?: true;
}

/** Adds `--split`. */
export function addSplitOption(command: Command, fallback: Split): Command {
  return command.option(
    '--split <name>',
    `which split: ${splits.join(', ')}`,
    parseChoice('split', splits),
    fallback,
  );
}

/** Adds `--data`. */
export function addDataOption(command: Command): Command {
  return command.option(
    '--data <name|path>',
    'use this dataset instead of the training dataset (required for exports)',
  );
}

/** Adds `--split`, `--data`, `--draws`, `--weights`, `--step`, `--seed`, `--json`, and the device options. */
export function addMeasureOptions(command: Command, defaults: { split: Split; draws: number }): Command {
  addDataOption(addSplitOption(command, defaults.split)).option(
    '--draws <k>',
    'dequantisation draws per image',
    wholeNumber(1),
    defaults.draws,
  );
  addCheckpointOption(addWeightsOption(command, { orExport: true }))
    .option('--seed <n>', 'random seed of the noise', wholeNumber(0), 0)
    .option('--json', 'print the result as JSON on stdout');
  return addEngineOptions(command);
}

/** Images that may have overflowed. */
interface Overflow {
  readonly overflowed: number;
  /** How many there are in all. */
  readonly count: number;
  /** A plural noun for them; default `samples`. */
  readonly what?: string;
  /** What to do about it; follows a colon. */
  readonly remedy?: string;
}

/** A line that says how many images overflowed; empty if none did. */
export function overflowNote(
  { bits }: { readonly bits?: number | undefined },
  {
    overflowed,
    count,
    what: subject = 'samples',
    remedy = 'try a lower temperature, or train longer',
  }: Overflow,
): string {
  const blank = bits === undefined ? 'NaN, grey in pictures' : 'black';
  return overflowed === 0
    ? ''
    : `${formatCount(overflowed)} of ${formatCount(count)} ${subject} overflowed (${blank}): ${remedy}\n`;
}

/** Describes the argument in help. */
export const MODEL = 'a run folder, an exported model, or the name of a bundled model (emerging models)';

/**
 * The folder of a model. A folder of the working directory is preferred to a bundled model of the same name, with a note
 * on stderr.
 *
 * @throws UserError (`not-found`) if there is neither, but a bundled model with a similar name
 */
export function modelFolder(pathOrName: string): string {
  const bundled = bundledModel(pathOrName);
  if (exists(pathOrName)) {
    if (bundled !== undefined) {
      noteOnStderr(
        `using ./${pathOrName}, not the bundled model of this name, which is ${pathFromHere(bundled)}`,
      );
    }
    return pathOrName;
  }
  if (bundled !== undefined) {
    return pathFromHere(bundled);
  }
  const near = /^[\w-]+$/.test(pathOrName) ? nearestNames(pathOrName, bundledModelNames()) : [];
  if (near.length > 0) {
    throw new UserError(
      'not-found',
      `there is no folder ${pathOrName}, and no bundled model of this name: did you mean ${near.join(' or ')}?`,
    );
  }
  return pathOrName;
}

/** The folders of several models: a parser for an argument with several values. */
export function modelFolders(pathOrName: string, earlier: readonly string[] = []): string[] {
  return [...earlier, modelFolder(pathOrName)];
}

/** A path relative to the working directory if it is inside, else absolute. */
function pathFromHere(path: string): string {
  const fromHere = relative('.', path);
  return fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere;
}
