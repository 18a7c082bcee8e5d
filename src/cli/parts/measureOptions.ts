// The shared options that select the images of a run's dataset to measure, and how.
import type { Command } from 'commander';
import type { Split } from '../../data/contract/dataset.ts';
import type { WeightsKind } from '../../runs/contents/trainingState.ts';
import type { ModelOptions } from './modelOptions.ts';
import { addCheckpointOption, addEngineOptions, addWeightsOption, oneOf, wholeNumber } from './options.ts';

const splits: readonly Split[] = ['test', 'validation', 'train'];

/** What is measured, and how. */
export interface MeasureOptions extends ModelOptions {
  readonly split: Split;
  readonly draws: number;
  readonly weights?: WeightsKind;
  readonly batch: number;
  readonly seed: number;
  readonly data?: string;
  readonly json?: true;
}

/** Adds `--split`. */
export function addSplitOption(command: Command, fallback: Split): Command {
  return command.option(
    '--split <name>',
    `which split: ${splits.join(', ')}`,
    oneOf('split', splits),
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

/** Adds `--split`, `--data`, `--draws`, `--weights`, `--step`, `--batch`, `--seed`, `--json`, and the device options. */
export function addMeasureOptions(command: Command, defaults: { split: Split; draws: number }): Command {
  addDataOption(addSplitOption(command, defaults.split)).option(
    '--draws <k>',
    'dequantisation draws per image',
    wholeNumber(1),
    defaults.draws,
  );
  addCheckpointOption(addWeightsOption(command, { orExport: true }))
    .option('--batch <n>', 'images per batch; does not affect the result', wholeNumber(1), 64)
    .option('--seed <n>', 'random seed of the noise', wholeNumber(0), 0)
    .option('--json', 'print the result as JSON on stdout');
  return addEngineOptions(command);
}
