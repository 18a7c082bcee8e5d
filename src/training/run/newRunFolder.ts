// The folder of a new run: where one can be made, and making it.
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../../errors.ts';
import { cleanedUpAfter } from '../../storage/cleanUp.ts';
import { explainFileError } from '../../storage/fileErrors.ts';
import { listFolder, writeFileAtomically } from '../../storage/files.ts';
import { type RunPaths, runPaths } from './runFolder.ts';

/**
 * Refuses a folder in which no run can be created, before anything is read for it.
 *
 * @throws UserError (exit code 2) if it holds a run, with a free name to use, or is a file
 */
export function requireNoRun(directory: string): void {
  if (existsSync(directory) && !statSync(directory).isDirectory()) {
    throw new UserError(
      'exists',
      `cannot create the run folder ${directory}: it is a file; choose another name`,
    );
  }
  if (holdsRun(runPaths(directory))) {
    throw new UserError(
      'exists',
      `${directory} already holds a run; choose another folder, for example ${nextFreeRunFolder(directory)}`,
    );
  }
}

/**
 * Creates the folder of a new run, parents included. The config is written last, so that a folder that has one is
 * a run; if anything fails, the folders that were made for it are removed again.
 *
 * @throws UserError (exit code 2) if the folder holds a run, with a free name to use; UserError if it is a file or
 * cannot be created
 */
export function createRunFolder(directory: string, configYaml: string): RunPaths {
  requireNoRun(directory);
  const paths = runPaths(directory);
  const made: string[] = [];
  try {
    for (const folder of [directory, paths.checkpoints, paths.samples]) {
      makeFolder(folder, made);
    }
    writeFileAtomically(paths.config, configYaml);
  } catch (error) {
    throw cleanedUpAfter(explainFileError(error, directory, 'create the run folder'), () =>
      removeEmptyFolders(made),
    );
  }
  return paths;
}

/** The first of `base`, `base-2`, `base-3` … where a run can be created. */
export function nextFreeRunFolder(base: string): string {
  const stem = base.replace(/(?<=.)[/\\]+$/, '');
  let candidate = stem;
  for (let number = 2; !isFree(candidate); number++) {
    candidate = `${stem}-${number}`;
  }
  return candidate;
}

/** Whether a new run in this folder would overwrite or mix with what another one left. */
function holdsRun(paths: RunPaths): boolean {
  const files = [paths.config, paths.metrics, paths.timings, paths.summary];
  const folders = [paths.checkpoints, paths.samples];
  return (
    files.some((path) => existsSync(path)) ||
    folders.some((path) => existsSync(path) && listFolder(path).length > 0)
  );
}

function isFree(directory: string): boolean {
  return !existsSync(directory) || (statSync(directory).isDirectory() && !holdsRun(runPaths(directory)));
}

/** Creates a folder and the parents that it lacks, and notes each one, outermost first. */
function makeFolder(path: string, made: string[]): void {
  if (existsSync(path)) {
    return;
  }
  const parent = dirname(path);
  if (parent !== path) {
    makeFolder(parent, made);
  }
  mkdirSync(path);
  made.push(path);
}

/** Removes folders, innermost first; one in which another program has put something meanwhile stays. */
function removeEmptyFolders(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) {
    if (readdirSync(folder).length === 0) {
      rmdirSync(folder);
    }
  }
}
