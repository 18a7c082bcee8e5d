// `emerging-flows/training`: configurations and presets, runs in their folders or in files, and training.

export { joinRanks } from '../core/ranks/joinRanks.node.ts';
/** The files of runs in a browser's private file system, for a page. In Node, every call is an error. */
export * as privateFiles from '../data/files/privateFiles.node.ts';
export { type FolderRun, resumeRun, startRun } from '../runs/open/index.ts';
export { followerStore } from '../training/ranks.ts';
export {
  runStudy,
  type StudyDefinition,
  type StudyEvents,
  type StudyReport,
} from '../training/study/index.ts';
export * from './shared/training.ts';
