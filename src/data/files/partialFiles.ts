// Writes files under a temporary name and renames them when they are complete.
import {
  accessSync,
  closeSync,
  constants,
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
import { basename, dirname, join } from 'node:path';
import { cleanedUpAfter, UserError } from '../../core/errors.ts';
import { cannotWrite, explainFileError, hasCode, reasonFor, wrongPath } from './fileErrors.ts';
import { contentBytes, type FileContent } from './fileStore.ts';
import { exists, isFolder } from './files.ts';
import { hasProcess } from './processes.ts';

/** Writes are split: one call of the operating system takes at most 2 GiB. */
const chunkBytes = 2 ** 26;
/** The end of a name that belongs to one process: its PID, then the suffix. */
const ownEnd = /\.(\d+)\.partial$/;
/** A partial file that was not written to for these milliseconds is abandoned, even if its PID is in use. */
const ABANDONED_AFTER = 10 * 60 * 1000;

/** A file of one's own: never one that exists, nor what a link leads to. Windows lacks the second flag. */
const ownNewFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Where this process writes the replacement for `path`: in the same folder, under its own name. */
export function partialPath(path: string): string {
  return `${path}.${process.pid}.partial`;
}

/**
 * Renames `partial` to its final path, which survives a power cut if its bytes have been flushed. Throws the
 * system's errors.
 */
export function moveIntoPlace(partial: string, path: string): void {
  renameSync(partial, path);
  flushFolder(dirname(path));
}

/**
 * Creates the partial file at a path. An existing file there, a leftover of a process with the same PID or a
 * planted link, is removed and never written to. Throws the system's errors.
 *
 * @returns its descriptor
 */
export function openPartial(partial: string): number {
  rmSync(partial, { force: true });
  return openSync(partial, ownNewFile, 0o666);
}

/**
 * A file being written: `write`, then `finish` or `discard`. A crash at any moment leaves either what was
 * there before or the whole new file.
 */
export class PartialFile {
  private readonly path: string;
  private readonly target: string;
  private readonly partial: string;
  private readonly file: number;
  private readonly beforeMove: (() => void) | undefined;
  private isOpen = true;

  /**
   * @param beforeMove called right before the file takes its place: if it throws, what was there before stays
   * @throws UserError if the disk, the folder or the permissions do not allow it, as every method does
   */
  constructor(path: string, beforeMove?: () => void) {
    this.path = path;
    this.beforeMove = beforeMove;
    try {
      this.target = writableTarget(path);
      this.partial = partialPath(this.target);
      this.file = openPartial(this.partial);
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

  /** Flushes the file to disk and moves it into place. */
  finish(): void {
    try {
      fsyncSync(this.file);
      this.close();
      this.beforeMove?.();
      moveIntoPlace(this.partial, this.target);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }

  /** Leaves only what was there before. */
  discard(): void {
    try {
      try {
        this.close();
      } finally {
        // It may already be in place if only flushing the folder failed.
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
 * Writes a file so that a crash at any moment leaves either what was there before or all of `content`.
 *
 * @throws UserError if the disk, the folder or the permissions do not allow it; no partial file is left then
 */
export function writeFileAtomically(path: string, content: FileContent, beforeMove?: () => void): void {
  const file = new PartialFile(path, beforeMove);
  try {
    let position = 0;
    for (const bytes of blocksIn(content)) {
      file.write(bytes, position);
      position += bytes.length;
    }
    file.finish();
  } catch (error) {
    throw cleanedUpAfter(error, () => file.discard());
  }
}

/**
 * Writes a file from parts that arrive one after the other, as `writeFileAtomically` does, and removes partial files that
 * killed processes have left.
 *
 * @returns what the generator returns
 */
export async function writePartsAtomically<Result>(
  path: string,
  parts: AsyncGenerator<Uint8Array, Result>,
): Promise<Result> {
  removePartialFiles(dirname(path), basename(path));
  const file = new PartialFile(path);
  let position = 0;
  try {
    for (;;) {
      const { done, value } = await parts.next();
      if (done) {
        file.finish();
        return value;
      }
      file.write(value, position);
      position += value.length;
    }
  } catch (error) {
    // Otherwise a failed write leaves its threads running.
    await parts.return(undefined as Result).catch(() => {});
    throw cleanedUpAfter(error, () => file.discard());
  }
}

/**
 * Checks that a file can be written at `path`, before the work instead of after it: it is not a folder or a device, and the
 * file under which it is written first can be created and removed.
 *
 * @throws UserError if not: `not-found` or `invalid-argument` if the name is wrong, `io` if the system refuses
 */
export function requireWritable(path: string): void {
  if (!exists(dirname(path))) {
    throw wrongPath(path, 'write', 'ENOENT');
  }
  if (!isFolder(dirname(path))) {
    throw wrongPath(path, 'write', 'ENOTDIR');
  }
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw cannotWrite(path, error);
  }
  if (isFolder(path)) {
    throw wrongPath(path, 'write', 'EISDIR');
  }
  new PartialFile(path).discard();
}

/**
 * Removes the partial files that a crash has left in a folder: files whose process is gone, and old files
 * whose PID has been reused. Files that a process may be writing now stay.
 *
 * @param target the final name of the file; all files by default
 */
export function removePartialFiles(folder: string, target?: string): void {
  try {
    for (const path of abandonedFiles(folder, target)) {
      rmSync(path, { force: true });
    }
  } catch (error) {
    // A missing folder is reported when something is written to it.
    if (!hasCode(error, 'ENOENT')) {
      throw explainFileError(error, folder, 'clean up');
    }
  }
}

/** Whether `removePartialFiles` would remove a file. */
export function hasPartialFiles(folder: string): boolean {
  try {
    return abandonedFiles(folder).length > 0;
  } catch (error) {
    throw explainFileError(error, folder, 'read the folder');
  }
}

/** The paths of the partial files in a folder that no process is writing. */
function abandonedFiles(folder: string, target?: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const [end, pid] = ownEnd.exec(entry.name) ?? [];
    const path = join(folder, entry.name);
    const isOfFile = end !== undefined && (target === undefined || entry.name === `${target}${end}`);
    // This process writes nothing while it cleans up.
    const isInUse = Number(pid) !== process.pid && hasProcess(Number(pid)) && isRecent(path);
    return isOfFile && !entry.isDirectory() && !isInUse ? [path] : [];
  });
}

function isRecent(path: string): boolean {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  return Date.now() - mtimeMs < ABANDONED_AFTER;
}

/** Where to write: the target of a link. A rename would replace a device such as /dev/null by a file. */
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

function blocksIn(content: FileContent): Iterable<Uint8Array> {
  return typeof content === 'string' || content instanceof Uint8Array ? [contentBytes(content)] : content;
}
