// Files on disk: written whole or not at all, flushed, read, listed, and cleaned up after a crash.
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { cleanedUpAfter } from './cleanUp.ts';
import { explainFileError } from './fileErrors.ts';
import { hasProcess } from './processes.ts';

/** One call of the operating system takes at most 2 GiB. */
const chunkBytes = 2 ** 26;
const partialSuffix = '.partial';
/** The end of a temporary file's name: the process that wrote it stands before the suffix. */
const partialEnd = /\.(\d+)\.partial$/;
/** A temporary file that was not written to for so many milliseconds is nobody's, whatever runs under its number. */
const ABANDONED_AFTER = 10 * 60 * 1000;

/** The name of this process's temporary file for a path, in the same folder. */
export function partialPath(path: string): string {
  return `${path}.${process.pid}${partialSuffix}`;
}

/**
 * Writes a file so that a crash at any moment leaves either what was there before or all of `content`: a temporary
 * file in the same folder, flushed to the disk, then renamed.
 *
 * @throws UserError if the disk, the folder or the permissions do not allow it; no temporary file is left then
 */
export function writeFileAtomically(path: string, content: Uint8Array | string): void {
  try {
    const target = writableTarget(path);
    const partial = partialPath(target);
    const file = openSync(partial, 'w');
    try {
      try {
        writeAll(file, typeof content === 'string' ? new TextEncoder().encode(content) : content);
        fsyncSync(file);
      } catch (error) {
        throw cleanedUpAfter(explainFileError(error, path, 'write'), () => closeSync(file));
      }
      closeSync(file);
      renameSync(partial, target);
    } catch (error) {
      throw cleanedUpAfter(explainFileError(error, path, 'write'), () => unlinkSync(partial));
    }
    flushFolder(dirname(target));
  } catch (error) {
    throw explainFileError(error, path, 'write');
  }
}

/**
 * Makes sure that what has been written to a file is on the disk; a file that is not there has nothing to lose.
 *
 * @throws UserError if the disk does not take it
 */
export function flushFile(path: string): void {
  if (!existsSync(path)) {
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
    throw explainFileError(error, path, 'write');
  }
}

/**
 * Removes the temporary files that a crash during `writeFileAtomically` may have left in a folder: those whose process
 * is gone, and old ones whose number another process has got. What a process may be writing now stays.
 */
export function removePartialFiles(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const pid = partialEnd.exec(name)?.[1];
      const path = join(folder, name);
      if (pid !== undefined && !(isAnother(Number(pid)) && isRecent(path))) {
        rmSync(path, { force: true });
      }
    }
  } catch (error) {
    throw explainFileError(error, folder, 'clean up');
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

/**
 * All bytes of a file.
 *
 * @throws UserError if there is no such file, it may not be read or is larger than 2 GiB
 */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw explainFileError(error, path, 'read');
  }
}

/**
 * The names of what is in a folder, in alphabetical order.
 *
 * @throws UserError if it cannot be read
 */
export function listFolder(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    throw explainFileError(error, path, 'read the folder');
  }
}

/** Where to write: what a link points to. A rename would replace a device such as /dev/null by a file. */
function writableTarget(path: string): string {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing === undefined) {
    return path;
  }
  if (!existing.isFile()) {
    throw new UserError(
      'io',
      `cannot write ${path}: it is a ${existing.isDirectory() ? 'folder' : 'device'}; name a file`,
    );
  }
  return realpathSync(path);
}

function writeAll(file: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, Math.min(chunkBytes, bytes.length - written));
  }
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
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') {
      throw error;
    }
  } finally {
    closeSync(folder);
  }
}
