// A folder that may come from a stranger: what is written, renamed or removed in it never leaves it through a link.
import { mkdirSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { type Phrase, phrase, UserError } from '../errors.ts';
import { explainFileError, hasCode } from './fileErrors.ts';
import type { FileContent } from './fileStore.ts';
import { appendToFile, entryAt, flushFile, removeFile, renameFile, writeFileAtomically } from './files.ts';
import { PartialFile, removePartialFiles } from './partialFiles.ts';

/** How changes in a folder are made. */
export interface ClosedFolderOptions {
  /** Called before every change: if it throws, nothing is changed. */
  beforeChange?(): void;
  /** The remedy for a link, for errors. */
  readonly remedy?: Phrase;
}

const defaultRemedy = ['delete the link or replace it with a copy of what it leads to'];

/**
 * Changes files in a folder and its subfolders, and refuses links among them. The folder itself may be a link: the user
 * has named it. Archives and repositories keep links, so a folder from a stranger may contain a
 * `README.md` that leads to any file of the user. Names that the program chooses itself need the same
 * protection, in the working directory (`new ClosedFolder('.')`) or in a folder named by the user.
 */
export class ClosedFolder {
  /** The path of the folder. */
  readonly path: string;
  private readonly beforeChange: () => void;
  private readonly remedy: Phrase;

  constructor(path: string, { beforeChange = () => {}, remedy = defaultRemedy }: ClosedFolderOptions = {}) {
    this.path = path;
    this.beforeChange = beforeChange;
    this.remedy = remedy;
  }

  /** Writes a file as `writeFileAtomically` does. */
  write(path: string, content: FileContent): void {
    this.beforeChange();
    this.requireNoLink(path);
    // A large file takes a while, so again before it replaces what is there.
    writeFileAtomically(path, content, { beforeMove: this.beforeChange });
  }

  /** Begins a file that is written in parts. */
  begin(path: string): PartialFile {
    this.beforeChange();
    this.requireNoLink(path);
    return new PartialFile(path, { beforeMove: this.beforeChange });
  }

  /** Appends to a file as `appendToFile` does. */
  append(path: string, content: Uint8Array | string): void {
    this.beforeChange();
    this.requireNoLink(path);
    appendToFile(path, content);
  }

  /** Flushes a file to disk; one that does not exist has nothing to lose. */
  flush(path: string): void {
    this.requireNoLink(path);
    flushFile(path);
  }

  /** Renames a file, or a link, which stays one; `to` must be free. */
  rename(path: string, to: string): void {
    this.beforeChange();
    this.requireOwnFolders(path);
    this.requireOwnFolders(to);
    if (entryAt(to) !== undefined) {
      throw new UserError('exists', `cannot rename ${path}: ${to} exists already; move it away`);
    }
    renameFile(path, to);
  }

  /** Removes a file if it exists; of a link only the link itself. */
  remove(path: string): void {
    this.beforeChange();
    this.requireOwnFolders(path);
    removeFile(path);
  }

  /** Creates a subfolder, unless it exists; returns whether it was created. The folder itself must exist. */
  makeFolder(path: string): boolean {
    this.beforeChange();
    this.requireNoLink(path);
    if (this.partsOf(path).length === 0) {
      return false;
    }
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
  removePartialFiles(path: string, of?: string): void {
    this.beforeChange();
    this.requireNoLink(path);
    removePartialFiles(path, of);
  }

  /**
   * Checks that a path in this folder is not a link and does not lead through one, before the work instead of
   * after it.
   *
   * @throws UserError (`invalid-data`) if it is or does
   */
  requireNoLink(path: string): void {
    this.requireOwn(path, this.partsOf(path));
  }

  private requireOwnFolders(path: string): void {
    this.requireOwn(path, this.partsOf(path).slice(0, -1));
  }

  private requireOwn(path: string, parts: readonly string[]): void {
    let entry = this.path;
    for (const part of parts) {
      entry = join(entry, part);
      if (entryAt(entry)?.isSymbolicLink() === true) {
        const what = entry === join(path) ? 'it' : entry;
        const where = this.path === '.' ? 'the working directory' : this.path;
        throw new UserError(
          'invalid-data',
          phrase`cannot change ${path}: ${what} is a link, and links in ${where} are not followed; ${this.remedy}`,
        );
      }
    }
  }

  /** The names on the way to a path; none for the folder itself. */
  private partsOf(path: string): string[] {
    const inside = relative(this.path, path);
    if (isAbsolute(inside) || inside.split(sep)[0] === '..') {
      throw new Error(`${path} is not in ${this.path}`);
    }
    return inside === '' ? [] : inside.split(sep);
  }
}
