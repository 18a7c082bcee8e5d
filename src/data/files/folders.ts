// Folders and the paths in them: listed, created, removed, and written completely or not at all.
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanedUpAfter, UserError } from '../../core/errors.ts';
import { cannotCreateFolder, explainFileError, reasonFor } from './fileErrors.ts';
import { type FileContent, isPlainPath } from './fileStore.ts';
import { exists, isFolder, realPath } from './files.ts';
import { moveIntoPlace, partialPath, writeFileAtomically } from './partialFiles.ts';

/** The path of something in a folder, or in its subfolders. */
export function pathIn(folder: string, ...names: readonly string[]): string {
  return join(folder, ...names);
}

/** The path of something given by its path or its `file:` URL. */
export function toPath(location: string | URL): string {
  return typeof location === 'string' ? location : fileURLToPath(location);
}

/** The folder that a path is in. */
export function parentFolder(path: string): string {
  return dirname(path);
}

/** A path without separators at its end; the root stays unchanged. */
export function withoutEndSeparators(path: string): string {
  let end = path.length;
  while (end > 1 && (path[end - 1] === '/' || path[end - 1] === '\\')) {
    end--;
  }
  return path.slice(0, end);
}

/** A path relative to a folder, with `/` on every system. */
export function pathFrom(folder: string, path: string): string {
  return relative(folder, path).replaceAll(sep, '/');
}

/** The absolute path of a folder without links; throws UserError if it does not exist. */
export function realFolder(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    throw explainFileError(error, path, 'read the folder');
  }
}

/** The names of a folder's entries, in alphabetical order; throws UserError if it cannot be read. */
export function listFolder(path: string): string[] {
  try {
    return readdirSync(path, { encoding: 'utf8' }).sort();
  } catch (error) {
    throw explainFileError(error, path, 'read the folder');
  }
}

/** What is in a folder and in the folders below it, by its path in the folder, with `/`, in alphabetical order. */
export interface FilesBelow {
  /** Regular files and links to such, each real file once; and links that lead nowhere. */
  readonly files: readonly string[];
  /** The entries of `files` that are links to files outside the folder. */
  readonly linksOut: readonly string[];
  /** FIFOs, devices, sockets, and links to these or to folders, which are not followed. */
  readonly others: readonly string[];
}

/**
 * Lists a folder and the folders below it.
 *
 * @throws UserError if one of them cannot be read
 */
export function filesBelow(folder: string): FilesBelow {
  const [files, links, others, linksOut]: [string[], string[], string[], string[]] = [[], [], [], []];
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const name = pathFrom(folder, join(entry.parentPath, entry.name));
      if (entry.isSymbolicLink()) {
        links.push(name);
      } else if (!entry.isDirectory()) {
        (entry.isFile() ? files : others).push(name);
      }
    }
  } catch (error) {
    throw explainFileError(error, folder, 'read the folder');
  }
  if (links.length > 0) {
    const root = realpathSync.native(folder);
    const seen = new Set(files.map((name) => join(root, name)));
    for (const name of links.sort()) {
      const target = linkTarget(join(folder, name));
      if (target === 'other') {
        others.push(name);
      } else if (target === undefined || !seen.has(target)) {
        files.push(name);
        seen.add(target ?? join(root, name));
        if (target !== undefined && !target.startsWith(join(root, sep))) {
          linksOut.push(name);
        }
      }
    }
  }
  return { files: files.sort(), linksOut, others: others.sort() };
}

/** The real path of the regular file that a link leads to; undefined if it is broken. */
function linkTarget(link: string): string | 'other' | undefined {
  try {
    return statSync(link).isFile() ? realpathSync.native(link) : 'other';
  } catch {
    // The error is reported when it is read.
    return undefined;
  }
}

/**
 * Creates a folder and its missing parents.
 *
 * @returns the folders that were created, outermost first
 * @throws UserError if that fails; folders created so far are removed then
 */
export function makeFolders(path: string): string[] {
  const created: string[] = [];
  try {
    for (const folder of missingFolders(path)) {
      // Undefined if another process has created it meanwhile.
      if (mkdirSync(folder, { recursive: true }) !== undefined) {
        created.push(folder);
      }
    }
    return created;
  } catch (error) {
    throw cleanedUpAfter(cannotCreateFolder(path, error), () => removeEmptyFolders(created));
  }
}

/**
 * Checks that a folder can be created at `path`, where there is none or an empty one, before the work instead of after it: no
 * missing name is too long, and another folder can be created and removed next to the outermost missing one.
 *
 * @throws UserError if not
 */
export function requireCreatable(path: string): void {
  const target = resolve(path);
  const missing = missingFolders(target);
  const parent = dirname(missing[0] ?? target);
  if (!statSync(parent).isDirectory()) {
    throw new UserError('io', `cannot create the folder ${path}: ${reasonFor('ENOTDIR', path)}`);
  }
  try {
    rmdirSync(mkdtempSync(join(parent, '.trial-')));
    // Fails if a name, or the temporary name of the folder, is too long.
    for (const name of [...missing, partialPath(target)]) {
      lstatSync(join(parent, basename(name)), { throwIfNoEntry: false });
    }
  } catch (error) {
    throw cannotCreateFolder(path, error);
  }
}

/** A folder and its missing parents, outermost first. */
function missingFolders(path: string): string[] {
  return exists(path) ? [] : [...missingFolders(dirname(path)), path];
}

/**
 * Removes the empty folders among these, from last to first: a folder that another program has
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

/** Whether a path stays in a folder when its links are followed. */
export function isWithin(folder: string, path: string): boolean {
  return isBelow(realPath(folder), path);
}

/** The same for a folder given by its real path. */
export function isBelow(real: string, path: string): boolean {
  return realPath(path).startsWith(real.endsWith(sep) ? real : real + sep);
}

/** An arbitrary folder, only to resolve paths in it. */
const anyFolder = resolve('folder');

/**
 * Whether a name, a path with `/`, stays inside the folder that it is written to, and has no part that is empty, `.` or
 * `..`.
 */
export function staysInFolder(name: string): boolean {
  if (!isPlainPath(name)) {
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
    const otherName = seen.get(key);
    if (otherName !== undefined) {
      throw new UserError(
        'invalid-data',
        `cannot write both ${otherName} and ${name}: on some systems these are the same file; rename one of them`,
      );
    }
    seen.set(key, name);
  }
}

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

/** A folder that is being written: `write` its files, then `finish` or `discard`. */
interface NewFolder {
  /** Writes a file, whose name may have subfolders. Throws UserError if the disk does not allow it. */
  write(name: string, content: FileContent): void;
  finish(): void;
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
  const parents = makeFolders(parentFolder(target));
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
        makeFolders(parentFolder(file));
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
