// Files on disk: written whole or not at all, and what to tell a person when that fails.
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
 * The error to throw in place of `error`, which came from the file system: one line with the path and what to do.
 * Errors of another kind come back as they are.
 *
 * @param doing what failed, to be read after "cannot": `write`, `read`, `create the folder`
 */
export function explainFileError(error: unknown, path: string, doing: string): Error {
  if (error instanceof UserError || !(error instanceof Error) || !('code' in error)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const reason = reasonFor(String(error.code), path);
  // Errors of the system carry a call; others with a code are mistakes in our own code.
  if (reason === undefined && !('syscall' in error)) {
    return error;
  }
  return new UserError(`cannot ${doing} ${path}: ${reason ?? error.message}`, { cause: error });
}

function reasonFor(code: string, path: string): string | undefined {
  switch (code) {
    case 'ENOSPC':
      return 'no space is left on the disk; free some or choose a folder on another disk';
    case 'EDQUOT':
      return 'the disk quota is used up; free some space or choose a folder on another disk';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied; change its owner or mode (see ls -ld), or choose another place';
    case 'EFBIG':
      return 'it would be larger than the system allows; raise the limit (ulimit -f) or choose another disk';
    case 'EROFS':
      return 'the disk is read-only; choose a folder on another disk';
    case 'ENOENT':
      return existsSync(dirname(path))
        ? 'it does not exist; check the name'
        : `there is no folder ${dirname(path)}; create it or check the name`;
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file stands where a folder is needed; choose another path';
    case 'EISDIR':
      return 'it is a folder; name a file';
    case 'ENAMETOOLONG':
      return 'the name is too long; choose a shorter one';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open; raise the limit (ulimit -n) or close other programs';
    case 'EIO':
      return 'the disk reports an error (EIO); check it or choose another one';
    case 'ERR_FS_FILE_TOO_LARGE':
      return 'it is larger than 2 GiB, the most that is read at once';
    default:
      return undefined;
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
