// `emerging-flows/training` in a page or its worker: configurations and presets, runs in files, and training.

export type { Ranks, Summed } from '../cluster/ranks.ts';
export type { Config, ConfigLayer } from '../experiments/configSchema.ts';
export { type Preset, presets } from '../experiments/presets.ts';
export { type ConfigFile, type ConfigSources, resolveConfig } from '../experiments/resolve.ts';
export type { Schedule } from '../experiments/schedule.ts';
export { adamax } from '../optimizers/adamax.ts';
export { adamw } from '../optimizers/adamw.ts';
export { BatchLoader } from '../training/batchLoader.ts';
export { listPrivateFiles, privateFiles, removePrivateFiles } from '../training/run/privateFiles.web.ts';
export { resumeRun, startRun } from '../training/run/run.web.ts';
export {
  memoryFiles,
  readFiles,
  type StoredFiles,
  type StoredFilesLock,
} from '../training/run/storedFiles.ts';
export type { StoredResumeOptions, StoredRun, StoredRunOptions } from '../training/run/storedRun.ts';
export { startFromData } from '../training/startFromData.ts';
export { Trainer } from '../training/step/trainer.ts';
export { type TrainingOptions, type TrainingResult, train } from '../training/train.ts';
export type { PreparationPart, TrainingEvents } from '../training/trainingEvents.ts';
export { type TrainingSize, type TrainingSizeOptions, trainingSize } from '../training/trainingSize.ts';
export type { TrainingState } from '../training/trainingState.ts';
