// Changes to the files of a run folder: never through links in it, and by a trainer only while the run is its own.
import { ClosedFolder } from '../../storage/closedFolder.ts';
import { pathIn } from '../../storage/folders.ts';
import type { RunPaths } from './runFolder.ts';
import { requireOwnRun } from './runLock.ts';

/** The folder of a run, to write, append, rename and remove files in it. */
export function runFiles(paths: RunPaths): ClosedFolder {
  return new ClosedFolder(paths.directory, { beforeChange: () => requireOwnRun(paths) });
}

/**
 * Checks before a training that nothing it will write is a link.
 *
 * @throws UserError (`invalid-data`) that names the link
 */
export function requireNoLinks(paths: RunPaths): void {
  const files = runFiles(paths);
  const { directory: _, lock: __, ...written } = paths;
  for (const path of [...Object.values(written), cardPath(paths)]) {
    files.requireNoLink(path);
  }
}

/** The path of a run's model card. */
export function cardPath({ directory }: RunPaths): string {
  return pathIn(directory, 'README.md');
}
