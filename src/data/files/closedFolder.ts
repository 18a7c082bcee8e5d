// The files of a folder on disk, which may come from a stranger.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { cleanedUpAfter, type Phrase, phrase, UserError } from '../../core/errors.ts';
import { cannotWrite, explainFileError, hasCode } from './fileErrors.ts';
import {
  asideName,
  atMost,
  contentBytes,
  type FileCheck,
  type FileContent,
  type FileLock,
  type FileStore,
} from './fileStore.ts';
import { entryAt, exists, largestText, readBlocks, readChecked } from './files.ts';
import { pathFrom } from './folders.ts';
import { isLocked, requireLockHeld, takeLock } from './lock.ts';
import { PartialFile, removePartialFiles, writeFileAtomically } from './partialFiles.ts';

/** Appending to a file or a new one, not through a link, and without waiting for a FIFO's reader. */
const toAppend =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);

const defaultRemedy = ['delete the link or replace it with a copy of what it leads to'];

/**
 * The files of a folder and its subfolders. Links in it are followed when reading, and refused when writing. The folder
 * itself may be a link: the user has named it. Archives and repositories keep links, so a folder from a stranger may
 * contain a `README.md` that leads to any file of the user. Names that the program chooses itself need the same
 * protection, in the working directory (`new ClosedFolder('.')`) or in a folder named by the user.
 *
 * The methods of a file store take names in the folder, the others paths.
 */
export class ClosedFolder implements FileStore {
  /** The path of the folder. */
  readonly name: string;
  private readonly remedy: Phrase;
  private readonly lockFile: string | undefined;

  /**
   * @param options.remedy the remedy for a link, for errors
   * @param options.lockFile the name of the lock file: while this process holds the lock, it changes the folder only after
   * checking that the lock is still its own
   */
  constructor(path: string, options: { readonly remedy?: Phrase; readonly lockFile?: string } = {}) {
    this.name = path;
    this.remedy = options.remedy ?? defaultRemedy;
    this.lockFile = options.lockFile && this.resolvePath(options.lockFile);
  }

  resolvePath(name: string): string {
    return join(this.name, name);
  }

  list(folder = ''): string[] {
    const path = this.resolvePath(folder);
    if (!exists(path)) {
      return [];
    }
    try {
      return readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => pathFrom(this.name, join(entry.parentPath, entry.name)))
        .sort();
    } catch (error) {
      throw explainFileError(error, path, 'read the folder');
    }
  }

  read(name: string, check: FileCheck = atMost(largestText)): Uint8Array | undefined {
    const path = this.resolvePath(name);
    return exists(path) ? readChecked(path, check) : undefined;
  }

  blocks(name: string, limit?: number): Iterable<Uint8Array> | undefined {
    const path = this.resolvePath(name);
    return exists(path) ? readBlocks(path, limit) : undefined;
  }

  /** Writes a file as `writeFileAtomically` does, and creates its subfolder. */
  write(name: string, content: FileContent): void {
    const path = this.resolvePath(name);
    this.makeFolder(dirname(path));
    this.requireNoLink(path);
    // A large file takes a while, so the lock is checked again before it replaces what is there.
    writeFileAtomically(path, content, () => this.requireHeld());
  }

  /**
   * Appends to a file, which is created if it does not exist. A file with other names as well (hard links, as in backups)
   * is replaced by a copy first: under those names it stays what it is. If that fails, the file ends as it did before.
   */
  append(name: string, content: Uint8Array | string): void {
    const path = this.resolvePath(name);
    this.requireChangeable(path);
    try {
      if ((lstatSync(path, { throwIfNoEntry: false })?.nlink ?? 1) > 1) {
        writeFileAtomically(path, readBlocks(path));
      }
      const file = openSync(path, toAppend, 0o666);
      try {
        appendTo(file, path, contentBytes(content));
      } catch (error) {
        throw cleanedUpAfter(cannotWrite(path, error), () => closeSync(file));
      }
      closeSync(file);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  flush(name: string): void {
    const path = this.resolvePath(name);
    this.requireNoLink(path);
    if (!exists(path)) {
      return;
    }
    try {
      const file = openSync(path, 'r+');
      try {
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** Removes a file if it exists; of a link only the link itself. */
  remove(name: string): void {
    const path = this.resolvePath(name);
    this.requireHeld();
    this.requireNoLinkIn(path, this.splitPath(path).slice(0, -1));
    try {
      rmSync(path, { force: true });
    } catch (error) {
      throw explainFileError(error, path, 'remove');
    }
  }

  /** Renames a file as the contract says; of a link only the link itself. */
  setAside(name: string): string {
    const path = this.resolvePath(name);
    this.requireHeld();
    this.requireNoLinkIn(path, this.splitPath(path).slice(0, -1));
    const aside = asideName(name, (candidate) => entryAt(this.resolvePath(candidate)) !== undefined);
    try {
      renameSync(path, this.resolvePath(aside));
    } catch (error) {
      throw explainFileError(error, path, 'rename');
    }
    return aside;
  }

  lock(): FileLock {
    if (this.lockFile === undefined) {
      throw new Error(`${this.name} has no lock`);
    }
    return takeLock(this.lockFile, this.name);
  }

  /** Whether a process holds the lock that runs, or may run on another machine. */
  isLocked(): boolean {
    return this.lockFile !== undefined && isLocked(this.lockFile);
  }

  /** Begins a file that is written in parts. */
  begin(path: string): PartialFile {
    this.requireChangeable(path);
    return new PartialFile(path, () => this.requireHeld());
  }

  /** Creates a subfolder, unless it exists; returns whether it was created. The folder itself must exist. */
  makeFolder(path: string): boolean {
    this.requireChangeable(path);
    if (this.splitPath(path).length === 0) {
      return false;
    }
    this.makeFolder(dirname(path));
    try {
      mkdirSync(path);
      return true;
    } catch (error) {
      if (!hasCode(error, 'EEXIST') || entryAt(path)?.isDirectory() !== true) {
        throw explainFileError(error, path, 'create the folder');
      }
      return false;
    }
  }

  /** Removes the partial files that a crash has left in this folder or a subfolder, as `removePartialFiles` does. */
  removePartialFiles(path: string, target?: string): void {
    this.requireChangeable(path);
    removePartialFiles(path, target);
  }

  /**
   * Checks that a path in this folder is not a link and does not lead through one, before the work instead of
   * after it.
   *
   * @throws UserError (`invalid-data`) if it is or does
   */
  requireNoLink(path: string): void {
    this.requireNoLinkIn(path, this.splitPath(path));
  }

  private requireNoLinkIn(path: string, parts: readonly string[]): void {
    let entry = this.name;
    for (const part of parts) {
      entry = join(entry, part);
      if (entryAt(entry)?.isSymbolicLink() === true) {
        const link = entry === join(path) ? 'it' : entry;
        const where = this.name === '.' ? 'the working directory' : this.name;
        throw new UserError(
          'invalid-data',
          phrase`cannot change ${path}: ${link} is a link, and links in ${where} are not followed; ${this.remedy}`,
        );
      }
    }
  }

  private requireChangeable(path: string): void {
    this.requireHeld();
    this.requireNoLink(path);
  }

  private requireHeld(): void {
    // If the whole folder was moved away, the file that cannot be written says so.
    if (this.lockFile !== undefined && exists(this.name)) {
      requireLockHeld(this.lockFile);
    }
  }

  /** The names on the way to a path; none for the folder itself. */
  private splitPath(path: string): string[] {
    const inside = relative(this.name, path);
    if (isAbsolute(inside) || inside.split(sep)[0] === '..') {
      throw new Error(`${path} is not in ${this.name}`);
    }
    return inside === '' ? [] : inside.split(sep);
  }
}

function appendTo(file: number, path: string, bytes: Uint8Array): void {
  const status = fstatSync(file);
  if (!status.isFile()) {
    throw new UserError('invalid-data', `cannot write ${path}: it is not a regular file; delete it`);
  }
  try {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(file, bytes, written);
    }
  } catch (error) {
    throw cleanedUpAfter(cannotWrite(path, error), () => ftruncateSync(file, status.size));
  }
}
