// What `emerging-flows/training` exports in Node and in pages.

export type { CompletePart } from '../../core/parts/index.ts';
export type { Ranks } from '../../core/ranks/index.ts';
export {
  type FileCheck,
  type FileContent,
  type FileLock,
  type FileStore,
  memoryFiles,
  readFiles,
} from '../../data/files/index.ts';
export type { Batch } from '../../model/likelihood/index.ts';
export type { TrainingStart, TrainingState } from '../../runs/contents/index.ts';
export type { Run } from '../../runs/open/index.ts';
export type { Config, ConfigLayer } from '../../runs/settings/index.ts';
export { presets } from '../../runs/settings/presets.ts';
export { resolveConfig } from '../../runs/settings/yaml.ts';
export {
  adamax,
  adamw,
  createOptimizer,
  muon,
  type Optimizer,
  type ParameterOptimizer,
  type ParameterOptimizerState,
  type UpdatedParameter,
  type UpdateRule,
} from '../../tensor/optimizers/index.ts';
export { type TrainingEvents, type TrainingSize, trainingSize } from '../../training/loop/index.ts';
export {
  type TrainedRun,
  type TrainRunOptions as TrainOptions,
  trainRun as train,
} from '../../training/reports/trainRun.ts';
export { BatchLoader, startFromData, Trainer } from '../../training/step/index.ts';
