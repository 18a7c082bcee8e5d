// What `emerging-flows/training` exports in Node and in pages.

export type { Ranks, Summed } from '../../cluster/ranks.ts';
export { type ActionTrainingOptions, trainToAction } from '../../evaluation/action/trainToAction.ts';
export type { FinalPictures } from '../../evaluation/reports/folderReports.node.ts';
export {
  type TrainedRun,
  type TrainRunOptions,
  trainRun as train,
} from '../../evaluation/reports/trainRun.ts';
export type { Config, ConfigLayer } from '../../experiments/configSchema.ts';
export type { PaperResult } from '../../experiments/paper.ts';
export { type Preset, presets } from '../../experiments/presets.ts';
export { type ConfigFile, type ConfigSources, resolveConfig } from '../../experiments/resolve.ts';
export type { Schedule } from '../../experiments/schedule.ts';
export { type AdamaxOptions, adamax } from '../../optimizers/adamax.ts';
export { type AdamwOptions, adamw } from '../../optimizers/adamw.ts';
export { type MuonOptions, muon } from '../../optimizers/muon.ts';
export type {
  Optimizer,
  OptimizerKind,
  RuleKind,
  Tensors,
  UpdatedParameter,
  UpdateRule,
} from '../../optimizers/optimizer.ts';
export type {
  OptimizerState,
  TrainingStart,
  TrainingState,
  WeightsKind,
} from '../../runs/contents/trainingState.ts';
export type { ResumeOptions, Run, RunOptions } from '../../runs/open/openRun.ts';
export type { Origin, StartingModel } from '../../runs/open/startFrom.ts';
export {
  type FileCheck,
  type FileContent,
  type FileLock,
  type FileStore,
  memoryFiles,
  readFiles,
} from '../../storage/fileStore.ts';
export type { Batch, BatchNoise } from '../../trained/likelihood/likelihood.ts';
export type { Action } from '../../training/gradients/actionLoss.ts';
export type { TrainingOptions, TrainingResult } from '../../training/loop/train.ts';
export type {
  ChosenSteps,
  DrawnSamples,
  PreparationPart,
  TrainingEvents,
} from '../../training/loop/trainingEvents.ts';
export {
  type TrainingSize,
  type TrainingSizeOptions,
  trainingSize,
} from '../../training/loop/trainingSize.ts';
export { type BatchedModel, BatchLoader, type BatchLoaderOptions } from '../../training/step/batchLoader.ts';
export { startFromData } from '../../training/step/startFromData.ts';
export type { BatchGradients } from '../../training/step/stateArrays.ts';
export { type Progress, Trainer, type TrainerOptions } from '../../training/step/trainer.ts';
