// What `emerging-flows/training` exports in Node and in pages.

export type { Ranks, Summed } from '../../core/ranks/ranks.ts';
export {
  type FileCheck,
  type FileContent,
  type FileLock,
  type FileStore,
  memoryFiles,
  readFiles,
} from '../../data/files/fileStore.ts';
export type { Batch, BatchNoise } from '../../model/likelihood/likelihood.ts';
export type {
  OptimizerState,
  TrainingStart,
  TrainingState,
  WeightsKind,
} from '../../runs/contents/trainingState.ts';
export type { ResumeOptions, Run, RunOptions } from '../../runs/open/openRun.ts';
export type { Origin, StartingModel } from '../../runs/open/startFrom.ts';
export type { Config, ConfigLayer } from '../../runs/settings/configSchema.ts';
export type { PaperResult } from '../../runs/settings/paper.ts';
export { type Preset, presets } from '../../runs/settings/presets.ts';
export { type ConfigFile, type ConfigSources, resolveConfig } from '../../runs/settings/resolve.ts';
export type { Schedule } from '../../runs/settings/schedule.ts';
export { type AdamaxOptions, adamax } from '../../tensor/optimizers/adamax.ts';
export { type AdamwOptions, adamw } from '../../tensor/optimizers/adamw.ts';
export { type MuonOptions, muon } from '../../tensor/optimizers/muon.ts';
export type {
  Optimizer,
  OptimizerKind,
  RuleKind,
  Tensors,
  UpdatedParameter,
  UpdateRule,
} from '../../tensor/optimizers/optimizer.ts';
export { type ActionTrainingOptions, trainToAction } from '../../training/action/trainToAction.ts';
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
export type { FinalPictures } from '../../training/reports/folderReports.node.ts';
export {
  type TrainedRun,
  type TrainRunOptions,
  trainRun as train,
} from '../../training/reports/trainRun.ts';
export { type BatchedModel, BatchLoader, type BatchLoaderOptions } from '../../training/step/batchLoader.ts';
export { startFromData } from '../../training/step/startFromData.ts';
export type { BatchGradients } from '../../training/step/stateArrays.ts';
export { type Progress, Trainer, type TrainerOptions } from '../../training/step/trainer.ts';
