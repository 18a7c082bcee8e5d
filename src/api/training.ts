// `emerging-flows/training`: configurations and presets, runs in their folders or in files, and training.

export { type JoinOptions, joinRanks } from '../cluster/joinRanks.node.ts';
export type { Ranks, Summed } from '../cluster/ranks.ts';
export { trainRun as train } from '../evaluation/runs/trainRun.ts';
export type { Config, ConfigLayer } from '../experiments/configSchema.ts';
export type { PaperResult } from '../experiments/paper.ts';
export { type Preset, presets } from '../experiments/presets.ts';
export { type ConfigFile, type ConfigSources, resolveConfig } from '../experiments/resolve.ts';
export type { Schedule } from '../experiments/schedule.ts';
export { type AdamaxOptions, adamax } from '../optimizers/adamax.ts';
export { type AdamwOptions, adamw } from '../optimizers/adamw.ts';
export type { Optimizer } from '../optimizers/optimizer.ts';
export { type BatchedModel, BatchLoader, type BatchLoaderOptions } from '../training/batchLoader.ts';
export type { RunPaths } from '../training/folder/runFolder.ts';
export type { Batch, BatchNoise } from '../training/likelihood.ts';
export type { Groups } from '../training/parameterLayout.ts';
export { followerStore } from '../training/ranks/followerStore.ts';
export { listPrivateFiles, privateFiles, removePrivateFiles } from '../training/run/privateFiles.node.ts';
export {
  type ResumeOptions,
  type Run,
  type RunOptions,
  resumeRun,
  startRun,
} from '../training/run/run.node.ts';
export {
  memoryFiles,
  readFiles,
  type StoredFiles,
  type StoredFilesLock,
} from '../training/run/storedFiles.ts';
export type { StoredResumeOptions, StoredRun, StoredRunOptions } from '../training/run/storedRun.ts';
export { startFromData } from '../training/startFromData.ts';
export type { GuardState } from '../training/step/guard.ts';
export type { BatchGradients } from '../training/step/stateArrays.ts';
export { type Progress, Trainer, type TrainerOptions } from '../training/step/trainer.ts';
export type { TrainingOptions, TrainingResult } from '../training/train.ts';
export type { PreparationPart, TrainingEvents } from '../training/trainingEvents.ts';
export { type TrainingSize, type TrainingSizeOptions, trainingSize } from '../training/trainingSize.ts';
export type { OptimizerState, TrainingStart, TrainingState, WeightsKind } from '../training/trainingState.ts';
