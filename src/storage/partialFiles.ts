// Files and folders that take their place when they are whole; until then they lie beside it under another name.
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { cannotWrite, explainFileError, hasCode, reasonFor } from './fileErrors.ts';
import { hasProcess } from './processes.ts';

/** One call of the operating system takes at most 2 GiB. */
const chunkBytes = 2 ** 26;
/** The end of a name that belongs to one process: its number stands before the suffix. */
const ownEnd = /\.(\d+)\.partial$/;
/** A partial file that was not written to for so many milliseconds is nobody's, whatever runs under its number. */
const ABANDONED_AFTER = 10 * 60 * 1000;

/** Where this process puts what is to take the place of `path`: in the same folder, under a name of its own. */
export function partialPath(path: string): string {
  return `${path}.${process.pid}.partial`;
}

/** The same for what another process may go on with another day, such as a download. */
export function resumablePath(path: string): string {
  return `${path}.partial`;
}

/**
 * Gives what lies at `partial` its place, which survives a power cut if its bytes have been flushed. Errors are the
 * system's.
 */
export function moveIntoPlace(partial: string, path: string): void {
  renameSync(partial, path);
  flushFolder(dirname(path));
}

/**
 * A file on its way: `write`, then `finish` or `discard`. A crash at any moment leaves either what was there before or
 * the whole new file.
 */
export class PartialFile {
  private readonly path: string;
  private readonly target: string;
  private readonly partial: string;
  private readonly file: number;
  private isOpen = true;

  /** @throws UserError if the disk, the folder or the permissions do not allow it, as every method does */
  constructor(path: string) {
    this.path = path;
    try {
      this.target = writableTarget(path);
      this.partial = partialPath(this.target);
      this.file = openSync(this.partial, 'w');
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** Writes all of these bytes, at a position in the file. */
  write(bytes: Uint8Array, position: number): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(chunkBytes, bytes.length - done);
        done += writeSync(this.file, bytes, done, length, position + done);
      }
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }

  /** Flushes the file to the disk and gives it its place. */
  finish(): void {
    try {
      fsyncSync(this.file);
      this.close();
      moveIntoPlace(this.partial, this.target);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }

  /** Leaves nothing behind but what was there before. */
  discard(): void {
    try {
      try {
        this.close();
      } finally {
        // Its place may be taken already where only the folder could not be flushed.
        if (existsSync(this.partial)) {
          unlinkSync(this.partial);
        }
      }
    } catch (error) {
      throw explainFileError(error, this.partial, 'remove');
    }
  }

  private close(): void {
    if (this.isOpen) {
      this.isOpen = false;
      closeSync(this.file);
    }
  }
}

/**
 * Removes the partial files in a folder that a crash has left: those whose process is gone, and old ones whose number
 * another process has got. What a process may be writing now stays.
 *
 * @param of the name of the file that they were to become; those of all files if not said
 */
export function removePartialFiles(folder: string, of?: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const [end, pid] = ownEnd.exec(name) ?? [];
      const path = join(folder, name);
      const isOfFile = end !== undefined && (of === undefined || name === `${of}${end}`);
      if (isOfFile && !(isAnother(Number(pid)) && isRecent(path))) {
        rmSync(path, { force: true });
      }
    }
  } catch (error) {
    // Whoever writes into a folder that is not there is told so then.
    if (!hasCode(error, 'ENOENT')) {
      throw explainFileError(error, folder, 'clean up');
    }
  }
}

/** Whether a process runs that is not this one, which writes nothing while it cleans up. */
function isAnother(pid: number): boolean {
  return pid !== process.pid && hasProcess(pid);
}

function isRecent(path: string): boolean {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  return Date.now() - mtimeMs < ABANDONED_AFTER;
}

/** Where to write: what a link points to. A rename would replace a device such as /dev/null by a file. */
function writableTarget(path: string): string {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing === undefined) {
    return path;
  }
  if (!existing.isFile()) {
    const reason = existing.isDirectory() ? reasonFor('EISDIR', path) : 'it is a device; name a file';
    throw new UserError('io', `cannot write ${path}: ${reason}`);
  }
  return realpathSync(path);
}

/** Makes a rename in this folder survive a power cut. */
function flushFolder(path: string): void {
  if (process.platform === 'win32') {
    return;
  }
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } catch (error) {
    // Some network file systems cannot flush a folder; the file itself is safe.
    if (!hasCode(error, 'EINVAL')) {
      throw error;
    }
  } finally {
    closeSync(folder);
  }
}
