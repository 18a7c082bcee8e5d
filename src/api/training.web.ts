// `emerging-flows/training` in a page or its worker: configurations and presets, runs in files, and training.

export type { Ranks, Summed } from '../cluster/ranks.ts';
export { type ActionTrainingOptions, trainToAction } from '../evaluation/action/trainToAction.ts';
export type { FinalPictures } from '../evaluation/reports/folderReports.node.ts';
export { type TrainedRun, type TrainRunOptions, trainRun as train } from '../evaluation/reports/trainRun.ts';
export type { Config, ConfigLayer } from '../experiments/configSchema.ts';
export { type Preset, presets } from '../experiments/presets.ts';
export { type ConfigFile, type ConfigSources, resolveConfig } from '../experiments/resolve.ts';
export type { Schedule } from '../experiments/schedule.ts';
export { adamax } from '../optimizers/adamax.ts';
export { adamw } from '../optimizers/adamw.ts';
export { muon } from '../optimizers/muon.ts';
export type { TrainingStart, TrainingState } from '../runs/contents/trainingState.ts';
export type { ResumeOptions, Run, RunOptions } from '../runs/open/openRun.ts';
export { resumeRun, startRun } from '../runs/open/run.web.ts';
export type { Origin, StartingModel } from '../runs/open/startFrom.ts';
export {
  type FileCheck,
  type FileContent,
  type FileLock,
  type FileStore,
  readFiles,
} from '../storage/fileStore.ts';
export { memoryFiles } from '../storage/memoryFiles.ts';
export { listPrivateFiles, privateFiles, removePrivateFiles } from '../storage/privateFiles.web.ts';
export type { Action } from '../training/gradients/actionLoss.ts';
export type { TrainingOptions, TrainingResult } from '../training/loop/train.ts';
export type {
  ChosenSteps,
  DrawnSamples,
  PreparationPart,
  TrainingEvents,
} from '../training/loop/trainingEvents.ts';
export { type TrainingSize, type TrainingSizeOptions, trainingSize } from '../training/loop/trainingSize.ts';
export { BatchLoader } from '../training/step/batchLoader.ts';
export { startFromData } from '../training/step/startFromData.ts';
export { Trainer } from '../training/step/trainer.ts';
