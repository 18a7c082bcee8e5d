// Public to other folders: starting, resuming and opening runs.
export { changedConfig, configForImages, type Run } from './openRun.ts';
export { type FolderRun, resumeRun, startRun } from './run.node.ts';
export type { StartingModel } from './startFrom.ts';
