// Files on disk: read, written whole or not at all, appended to, moved and removed, with errors in words.
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import { cleanedUpAfter } from './cleanUp.ts';
import { cannotRead, cannotWrite, explainFileError, hasCode, reasonFor } from './fileErrors.ts';
import { PartialFile } from './partialFiles.ts';

/** A text with the path of its file, for errors. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Whether there is something at a path.
 *
 * @throws UserError if the system does not let us see
 */
export function exists(path: string): boolean {
  return statusOf(path) !== undefined;
}

/** Whether there is a folder at a path; throws as `exists` does. */
export function isFolder(path: string): boolean {
  return statusOf(path)?.isDirectory() === true;
}

/** When a file was last written, in milliseconds since 1970; undefined where there is none. */
export function lastWritten(path: string): number | undefined {
  return statusOf(path)?.mtimeMs;
}

/**
 * Refuses a path at which there is nothing to read.
 *
 * @throws UserError (exit code 2) if so
 */
export function requireExists(path: string): void {
  if (!exists(path)) {
    throw wrongPath(path, 'read', 'ENOENT');
  }
}

/**
 * Checks that a file may be written at `path`, before the work and not after it: it is no folder, and the folder it
 * goes to is there and writable.
 *
 * @throws UserError if not: `not-found` or `invalid-argument` where the name is wrong, `io` where the system refuses
 */
export function requireWritable(path: string): void {
  if (isFolder(path)) {
    throw wrongPath(path, 'write', 'EISDIR');
  }
  if (!exists(dirname(path))) {
    throw wrongPath(path, 'write', 'ENOENT');
  }
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw cannotWrite(path, error);
  }
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
    throw cannotRead(path, error);
  }
}

/** All of a file in UTF-8; throws as `readBytes` does. */
export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}

/** The same with its path. */
export function readTextFile(path: string): TextFile {
  return { path, text: readText(path) };
}

/**
 * Writes a file so that a crash at any moment leaves either what was there before or all of `content`.
 *
 * @throws UserError if the disk, the folder or the permissions do not allow it; no partial file is left then
 */
export function writeFileAtomically(path: string, content: Uint8Array | string): void {
  const file = new PartialFile(path);
  try {
    file.write(bytesOf(content), 0);
    file.finish();
  } catch (error) {
    throw cleanedUpAfter(error, () => file.discard());
  }
}

/**
 * Adds to the end of a file, which is created where there is none.
 *
 * @throws UserError if it cannot be written; the file then ends as it did before
 */
export function appendToFile(path: string, content: Uint8Array | string): void {
  try {
    const file = openSync(path, 'a');
    try {
      const before = fstatSync(file).size;
      const bytes = bytesOf(content);
      try {
        for (let written = 0; written < bytes.length; ) {
          written += writeSync(file, bytes, written);
        }
      } catch (error) {
        throw cleanedUpAfter(cannotWrite(path, error), () => ftruncateSync(file, before));
      }
    } catch (error) {
      throw cleanedUpAfter(cannotWrite(path, error), () => closeSync(file));
    }
    closeSync(file);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Makes sure that what has been written to a file is on the disk; a file that is not there has nothing to lose.
 *
 * @throws UserError if the disk does not take it
 */
export function flushFile(path: string): void {
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

/** Gives a file another name; throws UserError if that cannot be. */
export function renameFile(path: string, to: string): void {
  try {
    renameSync(path, to);
  } catch (error) {
    throw explainFileError(error, path, 'rename');
  }
}

/** Removes a file if it is there; throws UserError if that cannot be. */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw explainFileError(error, path, 'remove');
  }
}

/** What the system says of a path; undefined where there is nothing. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) {
      return undefined;
    }
    throw cannotRead(path, error);
  }
}

/** The error for a path that is no use before anything is tried with it, in the words of the system's errors. */
function wrongPath(path: string, doing: 'read' | 'write', code: 'ENOENT' | 'EISDIR'): UserError {
  const kind = code === 'ENOENT' ? 'not-found' : 'invalid-argument';
  return new UserError(kind, `cannot ${doing} ${path}: ${reasonFor(code, path)}`);
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}
