// `emerging datasets`: what there is to train on, how to get it, and how to prepare images of one's own.
import type { Command } from 'commander';
import { registerDatasetsPrepare } from './datasetsPrepare.ts';

/** Adds the command `datasets` and its parts. */
export function registerDatasets(program: Command): void {
  const datasets = program.command('datasets').description('list, get, prepare and look at datasets');
  registerDatasetsPrepare(datasets);
}
