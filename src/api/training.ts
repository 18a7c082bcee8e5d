// `emerging-flows/training`: configurations and presets, runs in their folders or in files, and training.

export { type JoinOptions, joinRanks } from '../core/ranks/joinRanks.node.ts';
export { listPrivateFiles, privateFiles, removePrivateFiles } from '../data/files/privateFiles.node.ts';
export type { RunPaths } from '../runs/folder/runFolder.ts';
export { type FolderRun, resumeRun, startRun } from '../runs/open/index.ts';
export { followerStore } from '../training/ranks.ts';
export type {
  CurveValue,
  DatasetResult,
  Difference,
  DifferencePoint,
  SeedResult,
  VariantResult,
} from '../training/study/compare.ts';
export type { RateRange, StudyDefinition } from '../training/study/definition.ts';
export type { TriedRate } from '../training/study/rateSearch.ts';
export type { StudyReport } from '../training/study/report.ts';
export { runStudy, type StudyOptions } from '../training/study/runStudy.ts';
export type { SeedMean } from '../training/study/statistics.ts';
export type { StudyEvents } from '../training/study/studyWork.ts';
export type { SamplingTime } from '../training/study/times.ts';
export type { StudyEngine } from '../training/study/training.ts';
export * from './shared/training.ts';
