// What `emerging-flows/training` exports in Node and in pages.

export type { Ranks, Summed } from '../../core/ranks/index.ts';
export {
  type FileCheck,
  type FileContent,
  type FileLock,
  type FileStore,
  memoryFiles,
  readFiles,
} from '../../data/files/fileStore.ts';
export type { Batch, BatchNoise } from '../../model/likelihood/index.ts';
export type {
  OptimizerState,
  TrainingStart,
  TrainingState,
  WeightsKind,
} from '../../runs/contents/trainingState.ts';
export type { Origin, ResumeOptions, Run, RunOptions, StartingModel } from '../../runs/open/index.ts';
export type { Config, ConfigLayer } from '../../runs/settings/configSchema.ts';
export type { PaperResult } from '../../runs/settings/paper.ts';
export { type Preset, presets } from '../../runs/settings/presets.ts';
export { type ConfigFile, type ConfigSources, resolveConfig } from '../../runs/settings/resolve.ts';
export type { Schedule } from '../../runs/settings/schedule.ts';
export {
  type AdamaxOptions,
  type AdamwOptions,
  adamax,
  adamw,
  type CreateOptimizerOptions,
  createOptimizer,
  defineOptimizer,
  type MuonOptions,
  muon,
  type Optimizer,
  type OptimizerDefinition,
  type OptimizerKind,
  type ParameterOptimizer,
  type ParameterOptimizerState,
  type RuleKind,
  type Tensors,
  type UpdatedParameter,
  type UpdateRule,
} from '../../tensor/optimizers/index.ts';
export { type ActionTrainingOptions, trainToAction } from '../../training/action/trainToAction.ts';
export type { Action } from '../../training/gradients/index.ts';
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
export {
  type BatchedModel,
  type BatchGradients,
  BatchLoader,
  type BatchLoaderOptions,
  type Progress,
  startFromData,
  Trainer,
  type TrainerOptions,
} from '../../training/step/index.ts';
