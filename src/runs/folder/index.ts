// Public to other folders: the folder of a run.
export { discardUnstartedRun, nextFreeRunFolder } from './newRunFolder.ts';
export {
  countUnreadableNames,
  isRunFolder,
  listRunFolders,
  type RunPaths,
  readSummary,
  requireRun,
  runFiles,
  runPaths,
  savedSteps,
} from './runFolder.ts';
