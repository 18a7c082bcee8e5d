// Writes a folder atomically: all of it or nothing.
import { rmdirSync, rmSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { cleanedUpAfter, UserError } from '../errors.ts';
import { explainFileError } from './fileErrors.ts';
import type { FileContent } from './fileStore.ts';
import { exists, isFolder } from './files.ts';
import {
  folderOf,
  listFolder,
  makeFolders,
  pathIn,
  removeEmptyFolders,
  requireCreatable,
} from './folders.ts';
import { moveIntoPlace, partialPath, writeFileAtomically } from './partialFiles.ts';

/** An arbitrary folder, only to resolve paths in it. */
const anyFolder = resolve('folder');

/**
 * Checks that `writeNewFolder` can write there: the path does not exist or is an empty folder, and can be created.
 *
 * @throws UserError (`exists`) if it has contents; as `requireCreatable` does
 */
export function requireNewFolder(path: string): void {
  if (exists(path)) {
    if (!isFolder(path)) {
      throw new UserError('exists', `cannot create the folder ${path}: it is a file; choose another name`);
    }
    const [first] = listFolder(path);
    if (first !== undefined) {
      throw new UserError('exists', `${path} is not empty (it contains ${first}); choose another folder`);
    }
  }
  requireCreatable(path);
}

/**
 * Whether a name, a path with `/`, stays inside the folder that it is written to, and has no part that is empty, `.` or
 * `..`.
 */
export function staysInFolder(name: string): boolean {
  if (name.includes('\0') || name.split('/').some((part) => ['', '.', '..'].includes(part))) {
    return false;
  }
  const inside = relative(anyFolder, resolve(anyFolder, name));
  return inside !== '' && !isAbsolute(inside) && inside.split(sep)[0] !== '..';
}

/**
 * A key that is equal for names of the same file on some system, where case or the encoding of é, as one character or two,
 * doesn't matter.
 */
export function fileKey(name: string): string {
  return name.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}

/**
 * Checks that all names belong to different files on every system.
 *
 * @throws UserError (`invalid-data`) with the first two that may be the same file
 */
export function requireDistinctFiles(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const key = fileKey(name);
    const other = seen.get(key);
    if (other !== undefined) {
      throw new UserError(
        'invalid-data',
        `cannot write both ${other} and ${name}: on some systems these are the same file; rename one of them`,
      );
    }
    seen.set(key, name);
  }
}

/** A folder that is being written: `write` its files, then `finish` or `discard`. */
export interface NewFolder {
  /** Writes a file, whose name may have subfolders. Throws UserError if the disk does not allow it. */
  write(name: string, content: FileContent): void;
  /** Moves the folder to its destination. Throws UserError if that is not possible. */
  finish(): void;
  /** Removes what was created. */
  discard(): void;
}

/**
 * Starts a folder of files, and its missing parents: under a temporary name next to its destination.
 *
 * @throws UserError if something exists there already, or the disk does not allow it
 */
export function startNewFolder(path: string): NewFolder {
  requireNewFolder(path);
  const target = resolve(path);
  const partial = partialPath(target);
  const parents = makeFolders(folderOf(target));
  const explained = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw explainFileError(error, path, 'create the folder');
    }
  };
  const discard = (): void => {
    rmSync(partial, { recursive: true, force: true });
    removeEmptyFolders(parents);
  };
  try {
    // Whatever is there, a leftover or a link that someone has placed, is removed and not written to.
    rmSync(partial, { recursive: true, force: true });
    makeFolders(partial);
  } catch (error) {
    throw cleanedUpAfter(explainFileError(error, path, 'create the folder'), discard);
  }
  return {
    write: (name, content) =>
      explained(() => {
        const file = pathIn(partial, name);
        makeFolders(folderOf(file));
        writeFileAtomically(file, content);
      }),
    finish: () =>
      explained(() => {
        if (exists(target)) {
          // Not every system renames onto an empty folder.
          rmdirSync(target);
        }
        moveIntoPlace(partial, target);
      }),
    discard,
  };
}

/**
 * Writes a folder of files, which may be in subfolders, and its missing parents: under a temporary name
 * next to its destination, renamed when it is complete.
 *
 * @param files contents by name
 * @returns the paths of the files, relative if the folder's path is
 * @throws UserError if something exists there already, two names may be the same file, or the disk does not allow it;
 * what was created is removed
 */
export function writeNewFolder(path: string, files: Readonly<Record<string, Uint8Array | string>>): string[] {
  requireNewFolder(path);
  requireDistinctFiles(Object.keys(files));
  const folder = startNewFolder(path);
  try {
    for (const [name, content] of Object.entries(files)) {
      folder.write(name, content);
    }
    folder.finish();
  } catch (error) {
    throw cleanedUpAfter(error, folder.discard);
  }
  return Object.keys(files).map((name) => pathIn(path, name));
}
