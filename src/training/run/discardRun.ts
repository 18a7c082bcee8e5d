// What happens to the folder of a run that failed before its first step.
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { explainFileError } from '../../storage/fileErrors.ts';
import { readJsonLines } from '../../storage/jsonLines.ts';
import type { RunPaths } from './runFolder.ts';

/**
 * Removes the parts of a run that has recorded no step, and its folder unless it holds something else, so that the
 * same command can be given again. A run that has recorded one stays.
 *
 * @throws UserError if a part cannot be removed
 */
export function discardUnstartedRun(paths: RunPaths): void {
  if (readJsonLines(paths.metrics).length > 0) {
    return;
  }
  try {
    for (const file of [paths.config, paths.schema, paths.metrics, paths.timings, paths.summary]) {
      rmSync(file, { force: true });
    }
    for (const folder of [paths.checkpoints, paths.samples, paths.directory]) {
      if (existsSync(folder) && readdirSync(folder).length === 0) {
        rmdirSync(folder);
      }
    }
  } catch (error) {
    throw explainFileError(error, paths.directory, 'remove the parts of');
  }
}
