// Files on disk: reading, atomic writing, appending, moving and removing, with readable errors.
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { cleanedUpAfter, UserError } from '../errors.ts';
import { blocksOf, openRegularFile, readToEnd } from './fileBytes.ts';
import { cannotRead, cannotWrite, explainFileError, hasCode, reasonFor } from './fileErrors.ts';
import { bytesOf, type FileContent } from './fileStore.ts';
import type { JsonObject } from './jsonText.ts';
import { type LineCheck, longestLog, parseJsonLines } from './logs.ts';
import { PartialFile, type PartialFileOptions, removePartialFiles } from './partialFiles.ts';

/** A text with the path of its file, for errors. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Whether a path exists.
 *
 * @throws UserError if the system denies access
 */
export function exists(path: string): boolean {
  return statusOf(path) !== undefined;
}

/** Whether a path is a folder; throws as `exists` does. */
export function isFolder(path: string): boolean {
  return statusOf(path)?.isDirectory() === true;
}

/** The status of the entry at a path, without following a link; undefined if there is none. */
export function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A parent is a file: writing there reports it.
    if (hasCode(error, 'ENOTDIR')) {
      return undefined;
    }
    throw explainFileError(error, path, 'read');
  }
}

/** The path with links resolved, if it exists. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}

/** When a file was last written, in milliseconds since 1970; undefined if it does not exist. */
export function lastWritten(path: string): number | undefined {
  return statusOf(path)?.mtimeMs;
}

/**
 * Rejects a path that doesn't exist.
 *
 * @throws UserError (`not-found`) if so
 */
export function requireExists(path: string): void {
  if (!exists(path)) {
    throw wrongPath(path, 'read', 'ENOENT');
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
 * All bytes of a file.
 *
 * @param most the maximum size: files may come from anyone, so every reader sets one
 * @throws UserError if the file does not exist, cannot be read, is larger, or is not a regular file; it doesn't
 * wait for a FIFO
 */
export function readBytes(path: string, most: number): Uint8Array {
  const file = openRegularFile(path);
  try {
    return readToEnd(file, path, most);
  } finally {
    closeSync(file);
  }
}

/** The most bytes of a small text file: one that a person reads and edits. */
export const largestText = 2 ** 20;

/** The whole of a UTF-8 file, by default of at most 1 MiB; throws as `readBytes` does. */
export function readText(path: string, most = largestText): string {
  return new TextDecoder().decode(readBytes(path, most));
}

/** The same with its path, such as of a configuration. */
export function readTextFile(path: string): TextFile {
  return { path, text: readText(path) };
}

/** The same for a file that the user has named, which may be a pipe or a terminal: it is read to its end. */
export function readTextStream(path: string): TextFile {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return { path, text: new TextDecoder().decode(readToEnd(file, path, largestText)) };
  } catch (error) {
    throw cannotRead(path, error);
  } finally {
    if (file !== undefined) {
      closeSync(file);
    }
  }
}

/** The lines of a log, read on demand by `parseJsonLines`; none if it does not exist yet. */
export function readJsonLines(path: string, check?: LineCheck): Iterable<JsonObject> {
  return exists(path) ? parseJsonLines({ path, blocks: blocksOf(path, longestLog) }, check) : [];
}

/** The MiB of a log that `readLastJsonLines` reads, enough for about 200,000 steps. */
export const LAST_MIB = 16;

/** The same, but of a long log only those in its last 16 MiB; `isCut` tells whether there are lines before them. */
export function readLastJsonLines(
  path: string,
  check: LineCheck,
): { readonly lines: Iterable<JsonObject>; readonly isCut: boolean } {
  const from = (statusOf(path)?.size ?? 0) - LAST_MIB * 2 ** 20;
  if (from <= 0) {
    return { lines: readJsonLines(path, check), isCut: false };
  }
  const end = { path, blocks: blocksOf(path, longestLog, from), end: `${LAST_MIB} MiB` };
  return { lines: parseJsonLines(end, check), isCut: true };
}

/**
 * Writes a file so that a crash at any moment leaves either what was there before or all of `content`.
 *
 * @throws UserError if the disk, the folder or the permissions do not allow it; no partial file is left then
 */
export function writeFileAtomically(
  path: string,
  content: FileContent,
  options: PartialFileOptions = {},
): void {
  const file = new PartialFile(path, options);
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

/** The status of a path; undefined if it does not exist. */
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

/**
 * The error for a path that is found to be unusable before it is used, with the message for the system's
 * error.
 */
function wrongPath(path: string, doing: 'read' | 'write', code: 'ENOENT' | 'EISDIR' | 'ENOTDIR'): UserError {
  const kind = code === 'ENOENT' ? 'not-found' : 'invalid-argument';
  return new UserError(kind, `cannot ${doing} ${path}: ${reasonFor(code, path)}`);
}

function blocksIn(content: FileContent): Iterable<Uint8Array> {
  return typeof content === 'string' || content instanceof Uint8Array ? [bytesOf(content)] : content;
}
