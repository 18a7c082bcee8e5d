// Folders and the paths in them: created, listed and removed, with readable errors.
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { cleanedUpAfter } from './cleanUp.ts';
import { explainFileError, hasCode } from './fileErrors.ts';
import { exists } from './files.ts';

/** The path of something in a folder, or in its subfolders. */
export function pathIn(folder: string, ...names: readonly string[]): string {
  return join(folder, ...names);
}

/** The folder that a path is in. */
export function folderOf(path: string): string {
  return dirname(path);
}

/** A path relative to a folder, with `/` on every system. */
export function pathFrom(folder: string, path: string): string {
  return relative(folder, path).replaceAll(sep, '/');
}

/**
 * The names of a folder's entries, in alphabetical order.
 *
 * @param options.recursive whether the entries of its subfolders are listed too, by their relative paths
 * @throws UserError if it cannot be read
 */
export function listFolder(path: string, { recursive = false } = {}): string[] {
  try {
    return readdirSync(path, { recursive, encoding: 'utf8' }).sort();
  } catch (error) {
    throw explainFileError(error, path, 'read the folder');
  }
}

/** Creates a folder, unless it exists; its parent must exist. Throws UserError if that fails. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) {
      throw explainFileError(error, path, 'create the folder');
    }
  }
}

/**
 * Creates a folder and its missing parents.
 *
 * @returns the folders that were created, outermost first
 * @throws UserError if that fails; folders created so far are removed then
 */
export function makeFolders(path: string): string[] {
  const made: string[] = [];
  try {
    for (const folder of missingFolders(path)) {
      mkdirSync(folder);
      made.push(folder);
    }
    return made;
  } catch (error) {
    throw cleanedUpAfter(explainFileError(error, path, 'create the folder'), () => removeEmptyFolders(made));
  }
}

/** A folder and its missing parents, outermost first. */
function missingFolders(path: string): string[] {
  return exists(path) ? [] : [...missingFolders(dirname(path)), path];
}

/**
 * Removes those of these folders that are empty, the last one first: a folder that another program has
 * written to stays, and a missing one is ignored.
 *
 * @throws UserError if one cannot be removed
 */
export function removeEmptyFolders(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) {
    if (exists(folder) && listFolder(folder).length === 0) {
      try {
        rmdirSync(folder);
      } catch (error) {
        throw explainFileError(error, folder, 'remove');
      }
    }
  }
}
