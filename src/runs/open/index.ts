// Public to other folders: starting, resuming and opening runs.
export { changedConfig, type ResumeOptions, type Run, type RunOptions } from './openRun.ts';
export { type FolderRun, resumeRun, startRun } from './run.node.ts';
export type { Origin, StartingModel } from './startFrom.ts';
