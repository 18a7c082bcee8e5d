// The run that `emerging train` is about: a new one, or one that goes on.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import { openDataset } from '../data/registry.ts';
import { UserError } from '../errors.ts';
import { type Config, stringifyConfig } from '../experiments/config.ts';
import { checkModelShape } from '../experiments/modelShape.ts';
import { findPreset } from '../experiments/presets.ts';
import { resolveConfig } from '../experiments/resolve.ts';
import { type Schedule, scheduleOf } from '../experiments/schedule.ts';
import { Glow } from '../models/glow.ts';
import { readLatestCheckpoint, stateFrom } from '../training/checkpoint.ts';
import { explainFileError, removePartialFiles, writeFileAtomically } from '../training/files.ts';
import { rewindJsonLines } from '../training/jsonLines.ts';
import { ParameterLayout } from '../training/parameterLayout.ts';
import { createRunFolder, nextFreeRunFolder, openRunFolder, type RunPaths } from '../training/runFolder.ts';
import { readSummary } from '../training/runSummary.ts';
import type { TrainingState } from '../training/trainer.ts';

/** The preset that is trained where neither a preset nor a file is named. */
export const DEFAULT_PRESET = 'mnist-quickstart';

/** What says which run is meant. */
export interface RunOptions {
  readonly preset?: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly data?: string;
  readonly steps?: number;
  readonly epochs?: number;
  readonly out?: string;
  readonly resume?: string;
  readonly seed?: number;
}

/** A run that can be trained. */
export interface PreparedRun {
  readonly config: Config;
  readonly dataset: Dataset;
  readonly schedule: Schedule;
  readonly paths: RunPaths;
  /** The name of its preset; null where it has none. */
  readonly preset: string | null;
  /** Where it goes on from; a new run has none. */
  readonly state?: TrainingState;
}

/** Makes the folder of a new run, or opens one to go on with. */
export function prepareRun(options: RunOptions): Promise<PreparedRun> {
  return options.resume === undefined ? newRun(options) : reopenRun(options.resume, options);
}

async function newRun({
  preset,
  config: file,
  set,
  out,
  seed,
  ...options
}: RunOptions): Promise<PreparedRun> {
  const name = preset ?? (file === undefined ? DEFAULT_PRESET : undefined);
  const { data, steps, epochs } = options;
  const overrides = { seed, data: { name: data }, training: { steps, epochs } };
  const config = resolveConfig({ preset: name, file, set, overrides });
  const opened = await openData(config);
  const folder = name === undefined ? 'run' : (findPreset(name).folder ?? name);
  const paths = createRunFolder(out ?? nextFreeRunFolder(join('runs', folder)), stringifyConfig(config));
  return { config, ...opened, paths, preset: name ?? null };
}

/** Opens a run to go on with from its last checkpoint, or from its start if it has none yet. */
async function reopenRun(directory: string, options: RunOptions): Promise<PreparedRun> {
  for (const other of ['preset', 'config', 'out', 'set', 'data', 'seed'] as const) {
    if (options[other] !== undefined) {
      throw new UserError(`--resume goes on with the run's own configuration: leave out --${other}`, {
        exitCode: 2,
      });
    }
  }
  const run = openRunFolder(directory);
  const { paths } = run;
  const { steps, epochs } = options;
  const config = resolveConfig({ file: paths.config, overrides: { training: { steps, epochs } } });
  const opened = await openData(config);
  const { preset } = readSummary(paths);
  const prepared = { config, ...opened, paths, preset: typeof preset === 'string' ? preset : null };
  if (run.latestCheckpoint === null) {
    return prepared;
  }
  const checkpoint = readLatestCheckpoint(run);
  const model = new Glow(config.model, opened.dataset.imageShape);
  return { ...prepared, state: stateFrom(checkpoint, new ParameterLayout(model.parameters)) };
}

/**
 * Makes the folder of a run that goes on look as it did when its last checkpoint was written: logs end there, what a
 * crash left is gone. Its configuration says what it is trained with from now on.
 */
export function rewindRun({ config, paths, state }: PreparedRun): void {
  for (const folder of [paths.checkpoints, paths.samples]) {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw explainFileError(error, folder, 'create the folder');
    }
  }
  removePartialFiles(paths.checkpoints);
  for (const log of [paths.metrics, paths.timings]) {
    rewindJsonLines(log, ({ step }) => Number(step) <= (state?.step ?? 0));
  }
  writeFileAtomically(paths.config, stringifyConfig(config));
}

async function openData(config: Config): Promise<{ dataset: Dataset; schedule: Schedule }> {
  const dataset = await openDataset(config.data.name, { validation: config.data.validation });
  checkModelShape(config.model, dataset.imageShape);
  return { dataset, schedule: scheduleOf(config, dataset.train.count) };
}
