// A folder that is written whole or not at all.
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { explainFileError } from './fileErrors.ts';
import { writeFileAtomically } from './files.ts';

/**
 * Checks that `writeNewFolder` may write there: nothing is there yet, or an empty folder.
 *
 * @throws UserError (exit code 2) if not
 */
export function requireNewFolder(path: string): void {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing && !existing.isDirectory()) {
    throw new UserError('exists', `cannot create the folder ${path}: it is a file; choose another name`);
  }
  if (existing && namesIn(path).length > 0) {
    throw new UserError(
      'exists',
      `${path} is not empty (${namesIn(path)[0]} is in it); choose another folder`,
    );
  }
}

/**
 * Writes a folder of files, which may lie in folders of it, parents included: into a temporary folder beside it, which is then renamed.
 *
 * @param files contents by name
 * @returns the paths of the files, as the folder was named
 * @throws UserError if there is something already or the disk does not allow it; what was made for it is removed
 */
export function writeNewFolder(path: string, files: Readonly<Record<string, Uint8Array | string>>): string[] {
  requireNewFolder(path);
  const target = resolve(path);
  const partial = `${target}.${process.pid}.partial`;
  const missing = missingParents(target);
  try {
    mkdirSync(partial, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      const file = join(partial, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileAtomically(file, content);
    }
    if (existsSync(target)) {
      // Not every system renames onto an empty folder.
      rmdirSync(target);
    }
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    for (const parent of missing) {
      if (existsSync(parent) && readdirSync(parent).length === 0) {
        rmdirSync(parent);
      }
    }
    throw explainFileError(error, path, 'create the folder');
  }
  return Object.keys(files).map((name) => join(path, name));
}

/** The folders above a path that are not there, innermost first. */
function missingParents(path: string): string[] {
  const parent = dirname(path);
  return existsSync(parent) ? [] : [parent, ...missingParents(parent)];
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    throw explainFileError(error, path, 'read the folder');
  }
}
