// The folder of a new run: checking that it can be created, creating it, and removing it if the run never
// started.

import { cleanedUpAfter, UserError } from '../../core/errors.ts';
import {
  entryAt,
  exists,
  isBelow,
  isFolder,
  listFolder,
  makeFolders,
  parentFolder,
  readJsonLines,
  realPath,
  removeEmptyFolders,
  requireCreatable,
  requireWritable,
  withoutEndSeparators,
} from '../../data/files/index.node.ts';
import type { FileContent, FileLock } from '../../data/files/index.ts';
import { checkMetrics } from '../contents/logLines.ts';
import { checkpointFile, runFileNames } from '../contents/runFileNames.ts';
import { SCHEMA_FILE } from '../settings/configSchema.ts';
import { holdsExport, type RunPaths, runFiles, runPaths } from './runFolder.ts';

/**
 * Rejects a folder that can't hold a new run, before anything is read for it.
 *
 * @throws UserError (`exists`) if it holds a run (the error suggests a free name), an export or a file that the run would
 * replace, or is a file; UserError if
 * nothing can be written there
 */
export function requireNoRun(directory: string): void {
  if (exists(directory) && !isFolder(directory)) {
    throw new UserError(
      'exists',
      `cannot create the run folder ${directory}: it is a file; choose another name`,
    );
  }
  if (holdsExport(directory)) {
    throw new UserError('exists', `${directory} holds an exported model; choose another folder for the run`);
  }
  if (holdsRun(runPaths(directory))) {
    throw new UserError(
      'exists',
      `${directory} already holds a run; choose another folder, for example ${nextFreeRunFolder(directory)}`,
    );
  }
  const { config, schema, curve, card, dataRecord, dataMark } = runPaths(directory);
  const replaced = [schema, curve, card, dataRecord, dataMark].find((path) => exists(path));
  if (replaced !== undefined) {
    throw new UserError('exists', `the run would replace ${replaced}; choose another folder for it`);
  }
  if (exists(directory)) {
    requireWritable(config);
  } else {
    requireCreatable(directory);
  }
}

/**
 * Rejects a run folder in a folder of images: its pictures would become images of the dataset.
 *
 * @throws UserError (`invalid-argument`) if it is there
 */
export function requireOutsideImages(directory: string, images: string): void {
  if (!isFolder(images)) {
    return;
  }
  const folder = realPath(images);
  let existing = directory;
  while (!exists(existing)) {
    existing = parentFolder(existing);
  }
  if (realPath(existing) === folder || isBelow(folder, existing)) {
    throw new UserError(
      'invalid-argument',
      `the run folder ${directory} is in the folder of its images, ${images}, and its pictures would become images: choose another folder`,
    );
  }
}

/**
 * Creates the folder of a new run, parents included. The config is written last, so that a folder with a
 * config is a run; if anything fails, what was created for it is removed.
 *
 * @param start the checkpoint that the run starts from, if any
 * @throws UserError (`exists`) if the folder holds a run (the error suggests a free name); (`locked`) if another process is
 * creating or training one there; UserError if it is a file or cannot be created
 */
export function createRunFolder(directory: string, configYaml: string, start?: FileContent): RunPaths {
  requireNoRun(directory);
  const paths = runPaths(directory);
  const files = runFiles(paths);
  const created: string[] = [];
  let lock: FileLock | undefined;
  try {
    created.push(...makeFolders(directory));
    // Another process may start a run here at the same time.
    lock = files.lock();
    requireNoRun(directory);
    for (const folder of [paths.checkpoints, paths.samples]) {
      created.push(...(files.makeFolder(folder) ? [folder] : []));
    }
    if (start !== undefined) {
      files.write(checkpointFile(0), start);
    }
    files.write(runFileNames.config, configYaml);
  } catch (error) {
    throw cleanedUpAfter(error, () => {
      if (created.includes(paths.checkpoints)) {
        files.remove(checkpointFile(0));
      }
      lock?.release();
      removeEmptyFolders(created);
    });
  }
  lock.release();
  return paths;
}

/**
 * Removes the files of a run that has recorded no step, and its folder unless it holds something else, so
 * that the same command can be repeated. A run that has recorded a step is kept.
 *
 * @throws UserError if a part cannot be removed
 */
export function discardUnstartedRun(paths: RunPaths): void {
  for (const _ of readJsonLines(paths.metrics, checkMetrics)) {
    return;
  }
  for (const file of [
    runFileNames.config,
    SCHEMA_FILE,
    runFileNames.metrics,
    runFileNames.timings,
    runFileNames.summary,
    runFileNames.dataRecord,
    runFileNames.dataMark,
    checkpointFile(0),
  ]) {
    runFiles(paths).remove(file);
  }
  removeEmptyFolders([paths.directory, paths.samples, paths.checkpoints]);
}

/** The first of `base`, `base-2`, `base-3` … where a run can be created and which is not a link. */
export function nextFreeRunFolder(base: string): string {
  const stem = withoutEndSeparators(base);
  let candidate = stem;
  for (let number = 2; !isFree(candidate); number++) {
    candidate = `${stem}-${number}`;
  }
  return candidate;
}

/** Whether a new run in this folder would overwrite or mix with another run's files. */
function holdsRun(paths: RunPaths): boolean {
  const files = [paths.config, paths.metrics, paths.timings, paths.summary];
  const folders = [paths.checkpoints, paths.samples];
  return (
    files.some((path) => exists(path)) || folders.some((path) => exists(path) && listFolder(path).length > 0)
  );
}

function isFree(directory: string): boolean {
  if (entryAt(directory)?.isSymbolicLink()) {
    return false;
  }
  if (!isFolder(directory)) {
    return !exists(directory);
  }
  const paths = runPaths(directory);
  return !holdsRun(paths) && !holdsExport(directory) && !runFiles(paths).isLocked();
}
