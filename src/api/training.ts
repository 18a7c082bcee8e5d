// `emerging-flows/training`: configurations and presets, runs in their folders or in files, and training.

export { type JoinOptions, joinRanks } from '../core/ranks/joinRanks.node.ts';
export { listPrivateFiles, privateFiles, removePrivateFiles } from '../data/files/privateFiles.node.ts';
export type { RunPaths } from '../runs/folder/runFolder.ts';
export { type FolderRun, resumeRun, startRun } from '../runs/open/index.ts';
export { followerStore } from '../training/ranks.ts';
export * from './shared/training.ts';
