// Runs in a folder that is removed after the tests of a file: started, resumed and read by their names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../data/contract/dataset.ts';
import { readJsonLines } from '../data/files/files.ts';
import { checkpointPath, type RunPaths, runPaths } from '../runs/folder/runFolder.ts';
import { resumeRun, startRun } from '../runs/open/run.node.ts';
import type { ConfigLayer } from '../runs/settings/configSchema.ts';
import { train } from '../training/loop/train.ts';
import type { TrainingOptions } from '../training/loop/trainingOptions.ts';
import { temporaryFolder } from './temporaryFolder.ts';
import { tinyConfig, tinyDataset } from './tinyRuns.ts';

/** A folder of runs that are trained on one dataset. */
export function tinyRunFolders(dataset: Dataset = tinyDataset(8)) {
  const root = temporaryFolder();
  const inRoot = (name: string): string => join(root, name);
  const paths = (name: string): RunPaths => runPaths(inRoot(name));
  /** With one thread, unless the options name another number or a device. */
  const withThreads = (options: Partial<TrainingOptions>): Partial<TrainingOptions> =>
    options.device === undefined ? { threads: 1, ...options } : options;
  return {
    inRoot,
    paths,
    /** Starts a run and trains it. */
    async begin(name: string, options: Partial<TrainingOptions> = {}, config = tinyConfig()) {
      const run = await startRun(config, inRoot(name), { dataset });
      return train({ ...run, ...withThreads(options) });
    },
    /** Resumes a run and trains it. */
    async goOn(name: string, options: Partial<TrainingOptions> = {}, changes: ConfigLayer = {}) {
      const run = await resumeRun(inRoot(name), changes, { dataset });
      return train({ ...run, ...withThreads(options) });
    },
    /** The lines of the metrics of a run. */
    metrics: (name: string) => [...readJsonLines(paths(name).metrics)],
    summary: (name: string) => JSON.parse(readFileSync(paths(name).summary, 'utf8')),
    /** What equal runs share to the byte. */
    bytes: (name: string, step: number) => ({
      metrics: readFileSync(paths(name).metrics, 'utf8'),
      checkpoint: readFileSync(checkpointPath(paths(name), step), 'base64'),
    }),
  };
}
