// Removes what a killed process leaves in a run folder: partial files and its lock.
import { entryAt } from '../../storage/files.ts';
import { pathIn } from '../../storage/folders.ts';
import { hasPartialFiles } from '../../storage/partialFiles.ts';
import type { RunPaths } from './runFolder.ts';
import { lockRun, runFiles } from './runLock.ts';

/** Removes the partial files of a run, which must be locked. */
export function removeRunPartials(paths: RunPaths): void {
  const files = runFiles(paths);
  for (const folder of ownFolders(paths)) {
    files.removePartialFiles(folder);
  }
}

/**
 * Removes the lock and the partial files left in a finished run.
 *
 * @throws UserError (`locked`) if a process is training the run, or if a file cannot be removed
 */
export function tidyRun(paths: RunPaths): void {
  if (entryAt(paths.lock) === undefined && !ownFolders(paths).some(hasPartialFiles)) {
    return;
  }
  const lock = lockRun(paths);
  try {
    removeRunPartials(paths);
  } finally {
    lock.release();
  }
}

/** The folders of a run in which files are written; links are not followed. */
function ownFolders({ directory, checkpoints, samples, tensorboard }: RunPaths): string[] {
  const inside = [checkpoints, samples, tensorboard].filter((folder) => entryAt(folder)?.isDirectory());
  return [pathIn(directory), ...inside];
}
